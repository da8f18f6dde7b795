"""The API of the actions on a record: each allowed, or refused with the reason."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
from aiohttp import web

from gateway.access.keys import Scope
from gateway.api.context import ApiCall, respond
from gateway.api.records.incidents import find_record
from gateway.api.route import ONE_RECORD
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire
from gateway.incidents.labels import Locale
from gateway.incidents.record import Incident
from gateway.operations.actions.available_actions import AvailableAction, Refusal, available_actions
from gateway.operations.actions.circumstances import load_circumstances
from gateway.operations.actions.refusal_words import ACTION_LABELS, refusal_text
from gateway.pages.languages import choose_language

NO_SCOPE = Refusal("scope", "the key lacks the scope `write`")


class RefusalView(msgspec.Struct):
    """The reason why an action is refused.

    `code` is for programs, `text` is in the language of `Accept-Language`, `detail` is what the
    action itself would answer.
    """

    code: str
    text: str
    detail: str


class ActionView(msgspec.Struct):
    """An action on a record, and whether the caller may take it now.

    `body` are the values of the request body that choose it, `needs` the fields that it must
    have besides, `fields_first` the custom fields that the record must have before.
    """

    name: str
    label: str
    method: str
    path: str
    body: Mapping[str, Any]
    needs: tuple[str, ...]
    fields_first: tuple[str, ...]
    allowed: bool
    reason: RefusalView | None


class ActionList(msgspec.Struct):
    """All actions on a record at one of its versions."""

    number: str
    version: int
    actions: list[ActionView]


async def list_actions(call: ApiCall[None]) -> web.Response:
    """List the actions on a record, allowed or with the reason why not."""
    uow = call.context.uow
    async with acquire(uow.pool) as conn:
        incident = await find_record(conn, call)
        around = await load_circumstances(conn, incident, call.who)
        now = await fetch_now(conn, uow.clock.stamp())
    actions = available_actions(call.who, incident, around, uow.fields, now)
    if not call.caller.may(Scope.WRITE):
        actions = tuple(replace(one, refusal=one.refusal or NO_SCOPE) for one in actions)
    locale = choose_language(None, call.request.headers.get("Accept-Language", ""), "en")
    views = [_view(one, incident, locale) for one in actions]
    response = respond(
        ActionList(incident.number, incident.version, views), etag=str(incident.version)
    )
    response.headers["Vary"] = "Accept-Language"
    return response


def _view(action: AvailableAction, incident: Incident, locale: Locale) -> ActionView:
    refusal = action.refusal
    reason = None
    if refusal is not None:
        reason = RefusalView(refusal.code, refusal_text(refusal, incident, locale), refusal.detail)
    return ActionView(
        name=action.name,
        label=ACTION_LABELS[action.name][locale == "zh-CN"],
        method="POST",
        path=f"{ONE_RECORD.replace('{number}', incident.number)}/{action.name}",
        body=action.body,
        needs=action.needs,
        fields_first=action.fields_first,
        allowed=action.allowed,
        reason=reason,
    )
