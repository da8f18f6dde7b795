"""Receipt ids: UUID version 7 (RFC 9562), so that the day a receipt lies in can be read off its id."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from gateway.incidents.ledger import EPOCH


def receipt_id(at: datetime) -> UUID:
    """A new id carrying `at` in whole milliseconds and 74 random bits."""
    milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
    value = milliseconds << 80 | secrets.randbits(80)
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def received_between(receipt: UUID) -> tuple[datetime, datetime]:
    """The millisecond in which a receipt was made, as [from, to)."""
    at = EPOCH + timedelta(milliseconds=receipt.int >> 80)
    return at, at + timedelta(milliseconds=1)
