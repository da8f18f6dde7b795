"""The API of escalation policies: list, create, read, change, deactivate."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
import structlog
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.setup.people import Title
from gateway.api.setup.resource import Resource
from gateway.db.pool import Connection, acquire
from gateway.errors import Unprocessable
from gateway.escalation.policies import checks, store
from gateway.escalation.policies.checks import Known
from gateway.escalation.policies.known_names import known_names
from gateway.escalation.policies.policy import Hours, PolicyDefinition, PolicyStep, PolicyUse
from gateway.escalation.policies.store import StoredPolicy
from gateway.incidents.announcement import CallChoice
from gateway.operations.major.audience import check_address
from gateway.operations.unit_of_work import UnitOfWork
from gateway.untrusted.bounds import Name, Request, Slug
from gateway.vocabulary import Kind
from gateway.web import body

log = structlog.get_logger()

Seconds = Annotated[int, Meta(ge=0, le=604_800)]
Target = Annotated[str, Meta(min_length=3, max_length=500)]


class StepBody(Request, kw_only=True):
    """A step: whom it calls, and how long after the step before it.

    A target is `person:LOGIN`, `group:SLUG`, `schedule:SLUG`, `role:ROLE` or `webhook:URL`.
    """

    targets: Annotated[list[Target], Meta(min_length=1, max_length=20)]
    after_seconds: Seconds = 0
    turn: CallChoice = CallChoice.ALL
    hours: Hours = Hours.ALWAYS


class UseBody(Request, kw_only=True):
    """The records that a policy is for; an empty list means all."""

    priorities: Annotated[list[Annotated[int, Meta(ge=1, le=4)]], Meta(max_length=4)] = (
        msgspec.field(default_factory=list)
    )
    services: Annotated[list[Slug], Meta(max_length=200)] = msgspec.field(default_factory=list)
    groups: Annotated[list[Slug], Meta(max_length=200)] = msgspec.field(default_factory=list)
    kinds: Annotated[list[Kind], Meta(max_length=2)] = msgspec.field(
        default_factory=lambda: [Kind.INCIDENT]
    )
    hours: Hours = Hours.ALWAYS


Steps = Annotated[list[StepBody], Meta(min_length=1, max_length=20)]
Uses = Annotated[list[UseBody], Meta(max_length=50)]
Rank = Annotated[int, Meta(ge=0, le=10_000)]
Rounds = Annotated[int, Meta(ge=0, le=20)]


class NewPolicy(Request, kw_only=True):
    """An escalation policy to create.

    Of the policies for a record the one with the lowest `rank` is followed. `calendar` is one of
    the configuration, for steps and uses with `hours`.
    """

    slug: Slug
    name: Title
    steps: Steps
    uses: Uses = msgspec.field(default_factory=list)
    rank: Rank = 100
    calendar: Name = "24x7"
    repeat: Rounds = 0
    repeat_after_seconds: Seconds = 600
    until_resolved: bool = False
    acknowledged_for_seconds: Seconds | None = None


class PolicyPatch(Request, kw_only=True):
    """Changes of an escalation policy, which make a new version of it.

    Records that are open keep the version that was in force when they opened.
    """

    name: Title | UnsetType = UNSET
    steps: Steps | UnsetType = UNSET
    uses: Uses | UnsetType = UNSET
    rank: Rank | UnsetType = UNSET
    calendar: Name | UnsetType = UNSET
    repeat: Rounds | UnsetType = UNSET
    repeat_after_seconds: Seconds | UnsetType = UNSET
    until_resolved: bool | UnsetType = UNSET
    acknowledged_for_seconds: Seconds | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


class PolicyView(NewPolicy, kw_only=True):
    """An escalation policy as the API shows it."""

    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


class PolicyPage(msgspec.Struct):
    """A page of escalation policies; `next` is the `after` of the next page, null at the end."""

    policies: list[PolicyView]
    next: str | None


class PolicyQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The slug to continue after, and the most to return."""

    after: Annotated[str, Meta(max_length=64)] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


def _view(one: StoredPolicy) -> PolicyView:
    policy = one.definition
    lasts = policy.acknowledged_for
    return PolicyView(
        slug=one.slug,
        name=policy.name,
        steps=[
            StepBody(
                targets=list(step.targets),
                after_seconds=_seconds(step.after),
                turn=step.turn,
                hours=step.hours,
            )
            for step in policy.steps
        ],
        uses=[
            UseBody(
                priorities=list(use.priorities),
                services=list(use.services),
                groups=list(use.groups),
                kinds=list(use.kinds),
                hours=use.hours,
            )
            for use in policy.uses
        ],
        rank=policy.rank,
        calendar=policy.calendar,
        repeat=policy.repeat,
        repeat_after_seconds=_seconds(policy.repeat_after),
        until_resolved=policy.until_resolved,
        acknowledged_for_seconds=None if lasts is None else _seconds(lasts),
        active=one.active,
        version=one.version,
        created_at=one.created_at,
        updated_at=one.updated_at,
    )


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


async def _refresh(uow: UnitOfWork) -> None:
    await uow.catalogue.refresh(uow.pool, uow.clock.stamp())


POLICIES = Resource(
    "/api/v1/policies",
    _view,
    lambda policy: policy.slug,
    created="escalation_policy_made",
    changed="escalation_policy_changed",
    after_change=_refresh,
)


async def list_policies(call: QueryCall[PolicyQuery]) -> web.Response:
    """Return a page of escalation policies by slug."""
    async with acquire(call.context.uow.pool) as conn:
        found = await store.page(conn, call.query.after, call.query.limit + 1)
    return respond(PolicyPage(*POLICIES.page(found, call.query.limit)))


async def create_policy(call: ApiCall[NewPolicy]) -> web.Response:
    """Create an escalation policy, which records opened from now on follow."""
    fields, uow = msgspec.structs.asdict(call.body), call.context.uow
    slug = fields.pop("slug")

    async def create(conn: Connection) -> StoredPolicy:
        definition = PolicyDefinition(**_decided(fields))
        await _check(call, conn, definition)
        return await store.create(conn, slug, definition, call.actor, uow.clock.stamp())

    return await POLICIES.create(call, create, slug=slug)


async def read_policy(call: ApiCall[None]) -> web.Response:
    """Return one escalation policy."""
    slug = call.request.match_info["slug"]
    return await POLICIES.read(call, lambda conn: store.by_slug(conn, slug))


async def patch_policy(call: ApiCall[PolicyPatch]) -> web.Response:
    """Change an escalation policy: records that are open keep the version they have."""
    changes = body.sent_fields(call.body)
    return await _changed(call, changes, active=changes.pop("active", None))


async def deactivate_policy(call: ApiCall[None]) -> web.Response:
    """Deactivate an escalation policy: no new record follows it, open ones go on."""
    await _changed(call, {}, active=False)
    return web.Response(status=204)


async def _changed(
    call: ApiCall[Any], changes: Mapping[str, Any], *, active: bool | None
) -> web.Response:
    slug, if_match, uow = call.request.match_info["slug"], call.if_match(), call.context.uow

    async def change(conn: Connection) -> StoredPolicy:
        known = await store.by_slug(conn, slug, lock=True)
        definition = replace(known.definition, **_decided(changes))
        if changes:
            await _check(call, conn, definition)
        return await store.change(
            conn,
            slug,
            definition,
            active=known.active if active is None else active,
            by=call.actor,
            stamp=uow.clock.stamp(),
            if_match=if_match,
        )

    return await POLICIES.change(call, change, slug=slug, fields=sorted(changes))


async def _check(call: ApiCall[Any], conn: Connection, definition: PolicyDefinition) -> None:
    """Raise Unprocessable with every flaw of a policy."""
    rules = call.context.uow.rules
    calendars = rules.escalation.book.calendars
    known = await known_names(conn, definition, calendars, rules.escalation.recipients)
    found = tuple(checks.policy_flaws(definition, _with_refused(call, definition, known)))
    if found:
        raise Unprocessable("the escalation policy cannot be used", flaws=found)


def _with_refused(call: ApiCall[Any], definition: PolicyDefinition, known: Known) -> Known:
    """Return the known names with the webhooks that may not be called."""
    refused: dict[str, str] = {}
    for target in (one for step in definition.steps for one in step.targets):
        if target.startswith("webhook:"):
            try:
                check_address(call.context.uow.rules.settings, target)
            except Unprocessable as error:
                refused[target] = error.flaws[0].detail if error.flaws else error.detail
    return replace(known, refused=refused)


def _decided(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a body as those of a definition."""
    found = dict(fields)
    for name in ("repeat_after", "acknowledged_for"):
        if (key := f"{name}_seconds") in found:
            value = found.pop(key)
            found[name] = None if value is None else timedelta(seconds=value)
    if "steps" in found:
        found["steps"] = tuple(
            PolicyStep(
                targets=tuple(step.targets),
                after=timedelta(seconds=step.after_seconds),
                turn=step.turn,
                hours=step.hours,
            )
            for step in found["steps"]
        )
    if "uses" in found:
        found["uses"] = tuple(
            PolicyUse(
                priorities=tuple(use.priorities),
                services=tuple(use.services),
                groups=tuple(use.groups),
                kinds=tuple(use.kinds),
                hours=use.hours,
            )
            for use in found["uses"]
        )
    return found
