"""Ways in of mail that are somebody else's: Amazon SES, and mailboxes of other servers."""

from typing import Literal

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
