"""Receipt ids: UUID version 7 (RFC 9562), from which the time of a receipt can be read."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from gateway.incidents.ledger import EPOCH


def receipt_ids(at: datetime, count: int) -> list[UUID]:
    """Return ids for the time `at`, in whole milliseconds, counting up from a random start."""
    milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
    head = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0x2 << 62
    tail = secrets.randbits(61)
    return [UUID(int=head | tail + number) for number in range(count)]


def received_between(receipt: UUID) -> tuple[datetime, datetime]:
    """Return the millisecond in which a receipt was made, as [from, to)."""
    at = EPOCH + timedelta(milliseconds=receipt.int >> 80)
    return at, at + timedelta(milliseconds=1)
