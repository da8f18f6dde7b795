"""Recipients as settings and notices write them: "channel:address" or a mail address. Pure."""

from typing import NamedTuple

MAIL = "smtp"


class RecipientAddress(NamedTuple):
    """A recipient: a channel and an address there; a text without a channel has ""."""

    channel: str
    address: str

    def __str__(self) -> str:
        """Return the target as settings write it."""
        return f"{self.channel}:{self.address}" if self.channel else self.address


def parse_recipient(text: str) -> RecipientAddress:
    """Split a recipient into channel and address; a plain mail address is reached by mail.

    Never fails and never returns text that PostgreSQL refuses: a recipient that cannot be
    reached is given up by the notifier with its reason, and must not keep an incident from being
    recorded.
    """
    storable = text.replace("\x00", "").encode(errors="replace").decode().strip()
    channel, colon, address = storable.partition(":")
    if "@" in channel:
        return RecipientAddress(MAIL, storable)
    return RecipientAddress(channel, address) if colon else RecipientAddress("", storable)
