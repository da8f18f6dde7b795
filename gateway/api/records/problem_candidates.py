"""The API of problem candidates, proposed from recent incidents."""

from datetime import timedelta
from typing import Annotated

import msgspec
from aiohttp import web
from asyncpg import Record
from msgspec import Meta

from gateway.access.permissions import Action, visibility_of
from gateway.api.context import QueryCall, respond
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire
from gateway.incidents.problem_candidates import (
    CandidateIncident,
    ProblemCandidate,
    propose_problems,
)
from gateway.vocabulary import Resolution

MOST_EXAMINED = 2_000
"""The most records that are examined, the newest of the window."""


class CandidatesQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The number of days to look back; `problems.within` if left out."""

    days: Annotated[int, Meta(ge=1, le=90)] | None = None


class CandidateView(msgspec.Struct):
    """One proposed problem.

    It has what its records have in common, the reasons for the proposal, and the records'
    numbers, newest first.
    """

    service: str
    ci: str
    category: str
    reasons: list[str]
    incidents: list[str]


class Candidates(msgspec.Struct):
    """The proposed problems; `cut` if the window holds more records than are examined.

    The oldest are then left out.
    """

    candidates: list[CandidateView]
    cut: bool


WINDOW = """
SELECT id, number, service, ci, category, major, priority, resolution, resolution_category
FROM incident
WHERE recorded_at > $1 AND kind = 'incident' AND state <> 'rejected' AND master_id IS NULL
  AND NOT suppressed
  AND may_see(security, recorded_by, owner, contact, $2, $3, $4)
ORDER BY id DESC LIMIT $5
"""


async def list_candidates(call: QueryCall[CandidatesQuery]) -> web.Response:
    """Return the proposed problems of the window, from the records that the caller may inspect."""
    uow, days = call.context.uow, call.query.days
    problems = call.context.problems
    async with acquire(uow.pool) as conn:
        since = await fetch_now(conn, uow.clock.stamp()) - (
            timedelta(days=days) if days else problems.within
        )
        rows = await conn.fetch(
            WINDOW, since, *visibility_of(call.who, Action.INSPECT).parameters(), MOST_EXAMINED + 1
        )
    proposed = propose_problems([_seen(row) for row in rows[:MOST_EXAMINED]], problems.times)
    return respond(
        Candidates([_view(candidate) for candidate in proposed], cut=len(rows) > MOST_EXAMINED)
    )


def _seen(row: Record) -> CandidateIncident:
    values = dict(row)
    return CandidateIncident(
        **values
        | {"resolution": Resolution(values["resolution"]) if values["resolution"] else None}
    )


def _view(candidate: ProblemCandidate) -> CandidateView:
    first, numbers = candidate.incidents[0], [one.number for one in candidate.incidents]
    return CandidateView(
        first.service,
        first.ci,
        first.category,
        [str(reason) for reason in candidate.reasons],
        numbers,
    )
