"""The API of message templates: list, set, delete, and preview with the facts of a record."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.access.permissions import Action, visibility_of
from gateway.api.context import ApiCall, respond
from gateway.db.pool import Connection, acquire, transaction
from gateway.errors import NotFound, Unprocessable
from gateway.incidents import store
from gateway.incidents.facts import facts_of
from gateway.incidents.labels import LOCALES, Locale
from gateway.notify.texts import template_store
from gateway.notify.texts.custom_templates import (
    MOST_CHARS,
    CustomTemplate,
    TemplateFailed,
    render_custom,
    template_flaws,
)
from gateway.notify.texts.phrases import MessageReader
from gateway.notify.texts.template_store import ANY, StoredTemplate
from gateway.notify.texts.templates import Template, render
from gateway.settings.notify import NOTIFICATION_CHANNELS
from gateway.timing.zones import time_zone_names
from gateway.untrusted.bounds import Request

log = structlog.get_logger()

if TYPE_CHECKING:
    Event = str
    TemplateChannel = str
else:
    Event = Literal["*", *(str(one) for one in Template)]
    TemplateChannel = Literal["*", *sorted(NOTIFICATION_CHANNELS)]

Subject = Annotated[str, Meta(max_length=500)]
Body = Annotated[str, Meta(min_length=1, max_length=MOST_CHARS)]


class TemplateBody(Request, kw_only=True):
    """The subject and body of a message, in Jinja2; an empty subject keeps the usual one."""

    subject: Subject = ""
    body: Body


class TemplateView(msgspec.Struct):
    """A template for an event, a channel and a language; "*" is any event or channel."""

    event: str
    channel: str
    locale: str
    subject: str
    body: str
    updated_at: datetime
    updated_by: str


class TemplateList(msgspec.Struct):
    """All templates, with the events and channels that may have one."""

    templates: list[TemplateView]
    events: list[str]
    channels: list[str]


class TemplatePreview(Request, kw_only=True):
    """A template to try, with the facts of a record, or made-up ones without a number.

    Without a body the message is shown as it would be sent now.
    """

    event: Event
    channel: TemplateChannel = "*"
    locale: Locale = "en"
    zone: Annotated[str, Meta(max_length=64)] = "UTC"
    role: Annotated[str, Meta(max_length=64)] = "handler"
    number: Annotated[str, Meta(max_length=32)] = ""
    subject: Subject = ""
    body: Annotated[str, Meta(max_length=MOST_CHARS)] = ""


class PreviewedMessage(msgspec.Struct):
    """A message as its recipient would read it."""

    subject: str
    text: str


def _view(one: StoredTemplate) -> TemplateView:
    return msgspec.convert(one, TemplateView, from_attributes=True)


async def list_templates(call: ApiCall[None]) -> web.Response:
    """Return all message templates."""
    async with acquire(call.context.uow.pool) as conn:
        found = [_view(one) for one in await template_store.every(conn)]
    events = [ANY, *map(str, Template)]
    return respond(TemplateList(found, events, [ANY, *sorted(NOTIFICATION_CHANNELS)]))


async def put_template(call: ApiCall[TemplateBody]) -> web.Response:
    """Set the template of an event, a channel and a language."""
    place = _place(call)
    template = CustomTemplate(call.body.subject, call.body.body)
    _check(template)
    async with transaction(call.context.uow.pool) as conn:
        stored = await template_store.put(
            conn, place, template, call.actor, call.context.uow.clock.stamp()
        )
    log.info("message_template_set", place=place, by=call.actor)
    return respond(_view(stored))


async def delete_template(call: ApiCall[None]) -> web.Response:
    """Delete a template, so that the gateway's own words come back."""
    place = _place(call)
    async with transaction(call.context.uow.pool) as conn:
        await template_store.delete(conn, place)
    log.info("message_template_deleted", place=place, by=call.actor)
    return web.Response(status=204)


async def preview_template(call: ApiCall[TemplatePreview]) -> web.Response:
    """Return a message as a template would make it; nothing is sent or stored."""
    asked = call.body
    if asked.zone not in time_zone_names():
        raise Unprocessable(f"{asked.zone!r} is no time zone of the IANA list")
    async with acquire(call.context.uow.pool) as conn:
        facts = await _facts(call, conn) if asked.number else EXAMPLE
        stored = await template_store.of_event(conn, asked.event)
    reader = MessageReader(
        asked.locale, asked.zone, "https://gateway.example/r/…", call.context.uow.clock.now()
    )
    event = Template.OPENED if asked.event == ANY else asked.event
    made = render(event, facts, reader, asked.role)
    template = template_store.fitting(stored, asked.channel, asked.locale)
    if asked.body:
        template = CustomTemplate(asked.subject, asked.body)
        _check(template)
    if template is not None:
        try:
            made = render_custom(template, made, facts, reader)
        except TemplateFailed as error:
            raise Unprocessable(f"the template cannot be rendered: {error}") from error
    return respond(PreviewedMessage(made.subject, made.text))


EXAMPLE = {
    "number": "INC-20260302-000001",
    "priority": 2,
    "kind": "incident",
    "title": "Checkout answers slowly",
    "service": "shop",
    "ci": "web-01",
    "severity": "critical",
    "state": "assigned",
    "assignee_group": "sre",
    "handler": "ann",
    "clock": "tier2",
    "due_at": "2026-03-02T12:30:00+00:00",
    "labels": {"region": "north"},
}
"""The facts of a made-up record."""


async def _facts(call: ApiCall[TemplatePreview], conn: Connection) -> dict[str, object]:
    sees = visibility_of(call.who, Action.INSPECT)
    incident = await store.by_number(conn, call.body.number, sees)
    if incident is None:
        raise NotFound(f"there is no record {call.body.number}")
    return dict(facts_of(incident))


def _place(call: ApiCall[object]) -> tuple[str, str, str]:
    found = call.request.match_info
    place = found["message"], found["channel"], found["locale"]
    if place[0] != ANY and place[0] not in set(Template):
        raise NotFound(f"there is no event {place[0]!r}: GET /api/v1/templates lists them")
    if place[1] != ANY and place[1] not in NOTIFICATION_CHANNELS:
        raise NotFound(f"there is no channel {place[1]!r}: GET /api/v1/templates lists them")
    if place[2] not in LOCALES:
        raise NotFound(f"there is no language {place[2]!r}: there are {', '.join(LOCALES)}")
    return place


def _check(template: CustomTemplate) -> None:
    if flaws := template_flaws(template):
        raise Unprocessable("the template cannot be used", flaws=flaws)
