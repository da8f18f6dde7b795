"""Ways in of mail that are somebody else's: Amazon SES, and mailboxes of other servers."""

from typing import Literal

from gateway.durations import Duration
from gateway.settings.section import Section
from gateway.settings.stores import S3


class Ses(Section, frozen=True):
    """Mail that Amazon SES received. With `accounts` it must come by one of those topics, or from one of those accounts.

    What fails one of the checks of `doubted` is kept in quarantine, as what holds a virus always is. `raw_delivery` takes
    messages without their envelope, which nobody signed. `s3` is the bucket that larger mails are fetched from.
    """

    s3: S3
    accounts: tuple[str, ...] = ()
    doubted: tuple[Literal["spam", "spf", "dkim", "dmarc"], ...] = ()
    raw_delivery: bool = False


class Imap(Section, frozen=True):
    """A mailbox that mail is fetched from by IMAP: what is not seen yet, or with `after` "move" whatever is in the folder.

    `tls` is from the first byte ("implicit"), by STARTTLS, or none at all. `authorities` is a file of certificates to trust
    instead of the machine's. `integration` is the slug of the integration that its mail is for. `servers` are the names by which
    the servers that deliver into the mailbox sign Authentication-Results.
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
        """Without the password: whatever is printed may be kept."""
        return f"Imap({self.user!r} at {self.host}:{self.port}, {self.folder!r})"
