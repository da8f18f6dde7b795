"""The machine detects faults that make incidents silent.

Five faults are each put into the product for one run.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from gateway.correlation import detaching
from gateway.db.pool import Connection
from gateway.dedup import alert_updates, plan, verdicts
from gateway.escalation import change_announcements
from gateway.escalation.duties import with_announcements
from gateway.escalation.management import EscalationRules
from gateway.incidents import writing
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.hierarchy import UnfitReason, find_unfit_reason
from gateway.incidents.record import Incident, Notice, Revision
from gateway.operations import rules_in_force
from tests.conftest import Servers
from tests.silence.machine import run, short

SEED = 7
REFUSED = "SELECT DISTINCT incident_id FROM outbox WHERE state = 'dead'"

Mutant = Callable[[pytest.MonkeyPatch], None]


def join_milder_masters(patch: pytest.MonkeyPatch) -> None:
    """Let urgent incidents be linked to milder masters without raising those."""

    def unfit_except_milder(master: Any, follower: Any) -> UnfitReason | None:
        why = find_unfit_reason(master, follower)
        return None if why is UnfitReason.MILDER else why

    for module in (plan, verdicts, detaching):
        patch.setattr(module, "find_unfit_reason", unfit_except_milder)


def repeat_without_regrading(patch: pytest.MonkeyPatch) -> None:
    """Ignore a worse severity under the same dedup key."""

    def unchanged(self: Any, incident: Incident, step: Any, now: datetime) -> Revision:  # noqa: ARG001
        return Revision(after=incident, actor="gateway", events=())

    patch.setattr(alert_updates.AlertGrading, "reworded", unchanged)


def unlink_without_announcements(patch: pytest.MonkeyPatch) -> None:
    """Announce nothing when somebody unlinks an incident."""

    def announce_except_unlinking(escalation: EscalationRules, revision: Revision) -> Revision:
        unlinked = any(event == "unlinked" for event, _ in revision.events)
        return revision if unlinked else with_announcements(escalation, revision)

    patch.setattr(change_announcements, "with_announcements", announce_except_unlinking)


def skip_messages_after_a_failure(patch: pytest.MonkeyPatch) -> None:
    """Queue no more messages about an incident after a channel refused one."""

    async def skipping(
        conn: Connection, notices: Sequence[tuple[int, Notice]], now: datetime
    ) -> None:
        refused = {row["incident_id"] for row in await conn.fetch(REFUSED)}
        await queue_notices(conn, [one for one in notices if one[0] not in refused], now)

    patch.setattr(writing, "queue_notices", skipping)


def stop_recalculation(patch: pytest.MonkeyPatch) -> None:
    """Put new rules into force without applying them to open incidents."""

    async def stopped(given: Any, after: int) -> tuple[int, int]:  # noqa: ARG001
        return 0, 0

    patch.setattr(rules_in_force, "_tell_batch", stopped)


MUTANTS: tuple[Mutant, ...] = (
    join_milder_masters,
    repeat_without_regrading,
    unlink_without_announcements,
    skip_messages_after_a_failure,
    stop_recalculation,
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_mutant_that_silences_incidents_is_detected(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, mutant: Mutant
) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        run(servers.database_url, servers.empty, SEED, short(30, 60))
