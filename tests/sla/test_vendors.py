"""Time with vendors is counted per vendor and adds up."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given

from gateway.incidents.ledger import ClockEvent, Ledger
from gateway.sla.calendar import RoundTheClock
from gateway.sla.vendors import segments
from gateway.vocabulary import Tier
from tests.sla.stories import entry, ledger_of, ledgers, minute

CALENDAR = RoundTheClock()
MINUTE = timedelta(minutes=1)


def test_vendor_time_excludes_holds_and_is_booked_per_vendor() -> None:
    ledger = (
        *ledger_of([(0, "record", 1), (600, "assign", "2")]),
        entry(1200, "escalate", "vendor", "acme"),
        *ledger_of([(1800, "hold", None), (2400, "resume", None)]),
        entry(3000, "escalate", "vendor", "globex"),
        *ledger_of([(3600, "resolve", None), (4200, "reopen", None)]),
    )
    assert [
        (s.vendor, s.since, s.until, s.elapsed) for s in segments(CALENDAR, ledger, minute(100))
    ] == [
        ("acme", minute(20), minute(50), 20 * MINUTE),
        ("globex", minute(50), minute(60), 10 * MINUTE),
    ]


def test_open_vendor_stay_has_no_end_and_future_entries_are_ignored() -> None:
    ledger = ledger_of(
        [
            (0, "record", 1),
            (600, "escalate", "vendor"),
            (1200, "hold", None),
            (1800, "escalate", "3"),
        ]
    )
    (stay,) = segments(CALENDAR, ledger, minute(25))
    assert (stay.until, stay.elapsed) == (None, 10 * MINUTE)
    (stay,) = segments(CALENDAR, ledger, minute(15))
    assert (stay.until, stay.elapsed) == (None, 5 * MINUTE)


@given(ledgers())
def test_vendor_stays_do_not_overlap_and_never_exceed_duration(ledger: Ledger) -> None:
    at = ledger[-1].at + MINUTE
    stays = segments(CALENDAR, ledger, at)
    assert len(stays) == sum(
        e.event is ClockEvent.ESCALATE and e.tier is Tier.VENDOR for e in ledger
    )
    for stay, following in pairwise(stays):
        assert stay.until is not None
        assert stay.until <= following.since
    for stay in stays:
        assert timedelta() <= stay.elapsed <= (stay.until or at) - stay.since
