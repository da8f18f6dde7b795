"""E-mail: received by SMTP, IMAP or Amazon SES, answered and sent by SMTP."""
