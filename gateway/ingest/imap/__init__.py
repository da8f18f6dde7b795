"""Mail that is fetched from mailboxes of other servers, by IMAP."""
