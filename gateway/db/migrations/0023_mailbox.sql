-- Mailboxes of other servers that mail is fetched from.

CREATE TABLE mailbox (
  name text PRIMARY KEY,
  leased_by uuid NOT NULL,
  leased_until timestamptz NOT NULL,
  read_at timestamptz NOT NULL
);
COMMENT ON TABLE mailbox IS 'Which replica reads a mailbox, and when it last had taken in all that was there';

CREATE TABLE mailbox_mail (
  mailbox text NOT NULL,
  uidvalidity bigint NOT NULL,
  uid bigint NOT NULL,
  PRIMARY KEY (mailbox, uidvalidity, uid)
);
COMMENT ON TABLE mailbox_mail IS 'Mails that were committed and are not yet known to be marked as read where they lie';
