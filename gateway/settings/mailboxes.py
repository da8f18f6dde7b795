"""Settings of mail received elsewhere: by Amazon SES, and in mailboxes of other servers."""

from typing import Literal

from gateway.settings.section import Section
from gateway.settings.stores import S3
from gateway.timing.durations import Duration


class Ses(Section, frozen=True):
    """Mail that Amazon SES received.

    With `accounts` it must come by one of those topics, or from one of those accounts. Mail that
    fails one of the checks of `doubted` is kept in quarantine, as mail with a virus always is.
    `raw_delivery` accepts messages without their envelope, which nobody signed. `s3` is the
    bucket that larger mails are fetched from.
    """

    s3: S3
    accounts: tuple[str, ...] = ()
    doubted: tuple[Literal["spam", "spf", "dkim", "dmarc"], ...] = ()
    raw_delivery: bool = False


class Imap(Section, frozen=True):
    """A mailbox that mail is fetched from by IMAP.

    Unseen mails are fetched, or with `after` "move" all mails in the folder. `tls` is from the
    first byte ("implicit"), by STARTTLS, or none at all. `authorities` is a file of certificates
    to trust instead of the machine's. `integration` is the slug of the integration that its mail
    is for. `servers` are the names by which the servers that deliver into the mailbox sign
    Authentication-Results.
    """

    host: str
    user: str
    password: str = ""
    password_file: str = ""
    port: int = 993
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    authorities: str = ""
    folder: str = "INBOX"
    after: Literal["seen", "move"] = "seen"
    move_to: str = "Processed"
    poll: Duration = Duration(seconds=15)
    integration: str = "email"
    servers: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return a text without the password: it may end up in a log."""
        return f"Imap({self.user!r} at {self.host}:{self.port}, {self.folder!r})"
