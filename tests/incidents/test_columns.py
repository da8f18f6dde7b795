"""An incident is written to its row and read from it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from gateway.db.pool import Pool
from gateway.incidents import columns, store, writing
from gateway.incidents.escalation_run import EscalationRun, NotifiedStep
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Revision
from gateway.incidents.timeline import GENESIS
from gateway.vocabulary import (
    Closure,
    HoldReason,
    Impact,
    Kind,
    RequestCategory,
    Resolution,
    ShelvingEvent,
    State,
    Tier,
    Urgency,
)
from tests.incidents.test_lifecycle import an_incident
from tests.support.clock import NOON
from tests.support.visibility import EVERYTHING


async def test_incident_row_with_unknown_column_is_read(pool: Pool) -> None:
    await pool.expire_connections()  # used ones have cached the table without the column
    first = replace(
        an_incident(), version=0, timeline_hash=GENESIS, fields={"room": "4.11"}, scope="all"
    )
    async with pool.acquire() as conn:
        change = conn.transaction()
        await change.start()
        await conn.execute("ALTER TABLE incident ADD COLUMN later text NOT NULL DEFAULT 'x'")
        [made] = await writing.open_new(
            conn, b"key", [Revision(after=first, actor="ann", events=(("opened", {}),))], NOON
        )
        assert await store.by_number(conn, first.number, EVERYTHING) == made.incident
        await change.rollback()
    await pool.expire_connections()


async def test_unknown_request_category_is_read_and_kept(pool: Pool) -> None:
    later = "UPDATE incident SET request_category = 'telephony' WHERE id = $1"
    kept = "SELECT request_category, title FROM incident WHERE id = $1"
    async with pool.acquire() as conn:
        first = replace(
            an_incident(),
            version=0,
            timeline_hash=GENESIS,
            kind=Kind.SERVICE_REQUEST,
            request_category=RequestCategory.ACCESS,
        )
        opened = Revision(after=first, actor="ann", events=(("opened", {}),))
        [made] = await writing.open_new(conn, b"key", [opened], NOON)
        change = conn.transaction()
        await change.start()
        await conn.execute("ALTER TABLE incident DROP CONSTRAINT incident_request_category_check")
        await conn.execute(later, made.incident.id)
        read = await store.by_number(conn, first.number, EVERYTHING)
        assert read is not None
        assert read.request_category == "telephony"
        changed = Revision(
            after=replace(read, title="a desk telephone"),
            actor="ann",
            events=(("changed", {}),),
            before=read,
        )
        await writing.write_changed(conn, b"key", [changed], NOON)
        assert tuple(await conn.fetchrow(kept, read.id) or ()) == ("telephony", "a desk telephone")
        await change.rollback()


COLUMNS = """
SELECT column_name, column_default FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = 'incident'
"""


async def test_every_column_of_incident_table_is_a_described_field(pool: Pool) -> None:
    async with pool.acquire() as conn:
        stored = {row["column_name"] for row in await conn.fetch(COLUMNS)}
    assert stored == set(columns.NAMES)


async def test_table_defaults_equal_those_of_fields_left_out_on_opening(pool: Pool) -> None:
    first = replace(an_incident(), version=0, timeline_hash=GENESIS)
    plain = replace(first, **dict(zip(columns.RARELY_OPENED, columns.RARE_DEFAULTS, strict=True)))
    assert columns.columns_to_open([plain]) == columns.OPENED
    async with pool.acquire() as conn:
        opened = Revision(after=plain, actor="ann", events=(("opened", {}),))
        [made] = await writing.open_new(conn, b"key", [opened], NOON)
        assert await store.by_number(conn, first.number, EVERYTHING) == made.incident


async def test_every_changed_field_is_read_as_written(pool: Pool) -> None:
    first = replace(an_incident(), version=0, timeline_hash=GENESIS, key_hash=None)
    async with pool.acquire() as conn:
        opened = Revision(after=first, actor="ann", events=(("opened", {}),))
        [made] = await writing.open_new(conn, b"key", [opened], NOON)
        after = replace(made.incident, **OTHER_VALUES)
        changed = Revision(
            after=after, actor="ann", events=(("changed", {}),), before=made.incident
        )
        [written] = await writing.write_changed(conn, b"key", [changed], NOON)
        assert await store.by_number(conn, first.number, EVERYTHING) == written.incident
    same = {name for name in columns.CHANGED if getattr(after, name) == getattr(first, name)}
    assert same <= {"version", "timeline_hash", "updated_at", "master_id"}


OTHER_VALUES: dict[str, Any] = {
    "escalation": EscalationRun(
        policy="sre", version=2, since=NOON, told=(NotifiedStep("0.1", NOON),)
    ),
    "title": '"other" \\ 标题\n', "source": "mail", "priority": 2, "impact": Impact.COMPANY,
    "urgency": Urgency.LOW, "occurred_at": NOON - timedelta(microseconds=1), "policy": "other",
    "kind": Kind.SERVICE_REQUEST, "request_category": RequestCategory.ACCESS, "severity": "bad",
    "key_hash": bytes(range(32)), "owner": "ann",
    "links": ({"href": "https://a.example", "text": "a"},), "master_id": None,
    "link_reason": "by hand", "link_score": 0.5, "next_due_at": NOON + timedelta(days=1),
    "description": "d", "service": "s", "ci": "c", "category": "x", "contact_name": "n",
    "contact": "n@a.example", "location": "l", "reporting_unit": "u", "symptom": "y", "scope": "o",
    "language": "de", "security": True, "labels": {"b": "1", "a": "\u2028"},
    "fields": {"room": 4, "open": True},
    "ledger": (
        LedgerEntry(NOON, ClockEvent.RECORD, priority=2),
        LedgerEntry(NOON, ClockEvent.ASSIGN, Tier.SECOND),
    ),
    "state": State.ON_HOLD, "responded_at": NOON, "resolved_at": NOON, "closed_at": NOON,
    "resolution": Resolution.SOLVED, "resolution_category": "r", "solution": "so",
    "closure": Closure.MANUAL, "satisfaction": 2, "satisfaction_text": "st",
    "called_back_at": NOON, "called_back_by": "bob", "assignee_group": "g", "assignee": "bob",
    "handler": "bob", "tier": Tier.SECOND, "third_party": "v",
    "hold_reason": HoldReason.AWAITING_VENDOR, "hold_until": NOON,
    "held_state": State.ASSIGNED, "shelved_until": NOON, "shelved_by": "ann",
    "shelved_event": ShelvingEvent.REPLY, "shelved_reason": "w", "shelved_tells_reporter": True,
    "major": True, "suppressed": True, "reopened": 1, "returned": 2,
    "refs": {"jira": {"id": 1}}, "marks": ("desk@50",), "breached": True,
}  # fmt: skip


def test_gateway_key_in_changed_field_is_redacted() -> None:
    told = replace(an_incident(), title="gwk_abcdefgh1234", labels={"k": "gwk_abcdefgh1234"})
    assert "gwk_" not in columns.rows_as_json([told], columns.CHANGED, [{}])
