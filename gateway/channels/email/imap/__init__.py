"""E-mail fetched from an IMAP mailbox."""
