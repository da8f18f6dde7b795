"""Receipt ids: UUID version 7 (RFC 9562), so that the day a receipt lies in can be read off its id."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from gateway.incidents.ledger import EPOCH


def receipt_ids(at: datetime, count: int) -> list[UUID]:
    """New ids carrying `at` in whole milliseconds; those of one call differ by a counter behind 62 random bits."""
    milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
    head = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0x2 << 62
    tail = secrets.randbits(61)
    return [UUID(int=head | tail + number) for number in range(count)]


def received_between(receipt: UUID) -> tuple[datetime, datetime]:
    """The millisecond in which a receipt was made, as [from, to)."""
    at = EPOCH + timedelta(milliseconds=receipt.int >> 80)
    return at, at + timedelta(milliseconds=1)
