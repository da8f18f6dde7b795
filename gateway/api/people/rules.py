"""The API of people's rules: by which contact methods they are told, in order, and when."""

from datetime import timedelta
from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, respond
from gateway.api.people.person_of_call import login_of
from gateway.db.pool import Connection, acquire, transaction
from gateway.directory.contact_method import MOST
from gateway.directory.notification_rules import NORMAL, URGENT, replace_rules
from gateway.directory.reach import RuleStep
from gateway.directory.reaches import reach_of
from gateway.errors import NotFound
from gateway.untrusted.bounds import Request

log = structlog.get_logger()

LONGEST_S = 86_400


class NotificationStep(Request, kw_only=True):
    """A step of a rule: the id of a contact method, and when it is tried.

    `after_s` are seconds after the step before arrived, while nobody has accepted the record.
    A step that fails is followed by the next at once.
    """

    method: Annotated[int, Meta(ge=1, le=2**53)]
    after_s: Annotated[int, Meta(ge=0, le=LONGEST_S)] = 0


class NotificationRules(Request, kw_only=True):
    """The rules of a person for urgent and for normal messages; an empty one is the default."""

    urgent: Annotated[list[NotificationStep], Meta(max_length=MOST)] = msgspec.field(
        default_factory=list
    )
    normal: Annotated[list[NotificationStep], Meta(max_length=MOST)] = msgspec.field(
        default_factory=list
    )


async def read_rules(call: ApiCall[None]) -> web.Response:
    """Return the rules of a person."""
    async with acquire(call.context.uow.pool) as conn:
        return respond(await _rules(conn, login_of(call)))


async def put_rules(call: ApiCall[NotificationRules]) -> web.Response:
    """Replace the rules of a person."""
    login, asked = login_of(call), call.body
    rules = {
        name: [RuleStep(step.method, timedelta(seconds=step.after_s)) for step in steps]
        for name, steps in ((URGENT, asked.urgent), (NORMAL, asked.normal))
    }
    async with transaction(call.context.uow.pool) as conn:
        await replace_rules(conn, login, rules)
        shown = await _rules(conn, login)
    log.info("notification_rules_changed", login=login, by=call.actor)
    return respond(shown)


async def _rules(conn: Connection, login: str) -> NotificationRules:
    reach = await reach_of(conn, login, active_only=False)
    if reach is None:
        raise NotFound(f"nobody has the login {login}")
    steps = {
        urgent: [
            NotificationStep(method=one.method_id, after_s=int(one.after.total_seconds()))
            for one in reach.rules.get(urgent, ())
        ]
        for urgent in (True, False)
    }
    return NotificationRules(urgent=steps[True], normal=steps[False])
