"""The API of the reach of an escalation policy: the times at which it reaches nobody, and why."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.context import QueryCall, respond
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire
from gateway.errors import Unavailable
from gateway.escalation.policies import store
from gateway.escalation.policies.policy import EscalationPolicy
from gateway.notify.reachability import Obstacle
from gateway.oncall.spans import Span
from gateway.operations.policy_reach import policy_reach


class SpanView(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """A time in which nobody would be reached."""

    since: datetime
    until: datetime


class StepReachView(msgspec.Struct):
    """The times at which a step would reach nobody, so that the next one is called at once."""

    step: int
    targets: list[str]
    nobody: list[SpanView]


class WhyNotView(msgspec.Struct):
    """A reason for which a person is not reached; `detail` says what to do."""

    code: Obstacle
    detail: str


class UnreachedPerson(msgspec.Struct):
    """A person of the policy whom a message of priority 1 would not reach now."""

    login: str
    why_not: list[WhyNotView]


class PolicyReachView(msgspec.Struct):
    """The reach of a policy, by step and as a whole, with the people who cannot be reached.

    `nobody` are the times at which no step would reach anybody: then the service desk and the
    incident manager are called.
    """

    at: datetime
    until: datetime
    steps: list[StepReachView]
    nobody: list[SpanView]
    unreached: list[UnreachedPerson]


class PolicyReachQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The number of days to look ahead."""

    ahead: Annotated[int, Meta(ge=1, le=60)] = 30


async def read_policy_reach(call: QueryCall[PolicyReachQuery]) -> web.Response:
    """Return the times at which a policy would reach nobody."""
    slug, uow = call.request.match_info["slug"], call.context.uow
    rules = uow.rules
    if rules.settings is None:
        raise Unavailable("the settings are not in force yet: try again")
    async with acquire(uow.pool) as conn:
        now = await fetch_now(conn, uow.clock.stamp())
        stored = await store.by_slug(conn, slug)
        policy = EscalationPolicy(slug, stored.version, stored.definition)
        until = now + timedelta(days=call.query.ahead)
        found = await policy_reach(conn, policy, rules, rules.settings, (now, until))
    steps = [
        StepReachView(one.step, list(step.targets), _spans(one.nobody))
        for one, step in zip(found.coverage.steps, stored.definition.steps, strict=True)
    ]
    unreached = [
        UnreachedPerson(login, [WhyNotView(one.code, one.detail) for one in obstacles])
        for login, obstacles in found.people.items()
    ]
    return respond(PolicyReachView(now, until, steps, _spans(found.coverage.nobody), unreached))


def _spans(spans: tuple[Span, ...]) -> list[SpanView]:
    return [SpanView(since, until) for since, until in spans]
