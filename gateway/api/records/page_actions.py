"""The actions behind the forms of the page of a record: those of its reader, and a new link."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from gateway.access.principal import Principal
from gateway.api.context import Context
from gateway.db.buckets import SharedBucket, take_token
from gateway.db.moment import fetch_now
from gateway.db.pool import transaction
from gateway.errors import (
    Conflict,
    Forbidden,
    GatewayError,
    IllegalTransition,
    Unprocessable,
)
from gateway.incidents import commands
from gateway.incidents.announcements.addressing import PERSON
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.facts import facts_of
from gateway.incidents.record import Incident, Notice
from gateway.incidents.staleness import StaleAction
from gateway.notify.texts.templates import Template
from gateway.operations.actions.act import act
from gateway.operations.actions.origin import ActionOrigin
from gateway.operations.idempotency import IdempotencyKey
from gateway.views.staff_page import StaffPageWriter
from gateway.views.staff_page_values import PageReader

VIA = "link"
"""The word of the timeline for what was done by the page."""

PAGE_COMMANDS: Mapping[str, type[commands.Command]] = {
    "accept": commands.Acknowledge,
    "decline": commands.Decline,
    "release": commands.Release,
    "note": commands.Note,
    "escalate": commands.Escalate,
    "resolve": commands.Resolve,
}
"""The commands of the forms, by the last part of their address."""

FORM_FIELDS = ("note", "reason", "solution", "to", "vendor")

RENEWALS, RENEWED_EVERY = 3, timedelta(minutes=10)
"""The new links that a person is sent at once for one record, and the time for one more."""


class RefusedForm(Exception):
    """A form that was refused, with what its page says."""

    def __init__(self, error: GatewayError) -> None:
        super().__init__(error.detail)
        self.error = error

    @property
    def status(self) -> int:
        """The HTTP status of the page."""
        return (
            403
            if isinstance(self.error, Forbidden)
            else 422
            if isinstance(self.error, Unprocessable)
            else 409
        )

    @property
    def mood(self) -> str:
        """The style of the text."""
        return "late" if isinstance(self.error, StaleAction) else "bad"

    def texts(self, reader: PageReader, now: datetime) -> tuple[str, ...]:
        """Return what the page says: why nothing was done, in the reader's language."""
        writer = StaffPageWriter(reader, now)
        nothing = writer.word("not_done")
        if isinstance(self.error, StaleAction):
            stale = self.error.stale
            at = writer.moment(stale.at)
            values = (stale.by, at) if stale.reason == "taken" else (at,)
            return nothing, writer.word(f"stale_{stale.reason}", *values)
        if isinstance(self.error, Unprocessable):
            pointer = self.error.flaws[0].pointer.strip("/") if self.error.flaws else ""
            lacking = pointer if pointer in FORM_FIELDS[:3] or pointer == "vendor" else "other"
            return nothing, writer.word("missing", writer.word(f"missing_{lacking}"))
        return (nothing,)


async def act_by_page(
    context: Context,
    incident: Incident,
    asked: str,
    form: Mapping[str, str],
    who: Principal,
    seen: int,
    once: IdempotencyKey | None,
) -> None:
    """Take the action of a form; raise RefusedForm where it is refused.

    All but a note is for the record that the page showed. Raises TooManyAttempts.
    """
    kind = PAGE_COMMANDS[asked]
    fields = [name for name in FORM_FIELDS if name in kind.__struct_fields__]
    values = {name: form[name] for name in fields if form.get(name)}
    origin = ActionOrigin(VIA, None if asked == "note" else seen)
    try:
        command = msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise RefusedForm(Unprocessable(str(error))) from error
    await _count(context, incident, who)
    try:
        await act(context.uow, incident.number, command, who, once=once, origin=origin)
    except (Conflict, Forbidden, IllegalTransition, Unprocessable) as error:
        raise RefusedForm(error) from error


async def _count(context: Context, incident: Incident, who: Principal) -> None:
    """Count an action by a person's link on the record; raises TooManyAttempts over the limit."""
    most = context.limits.link_per_hour
    bucket = SharedBucket(
        f"staff link\0{incident.id}\0{who.name}",
        most,
        timedelta(hours=1) / most,
        f"limits.link_per_hour is {most} for one record",
    )
    async with transaction(context.uow.pool) as conn:
        await take_token(conn, bucket, context.uow.clock.stamp())


async def renew_link(context: Context, incident: Incident, login: str) -> None:
    """Queue a message with a new link to the person; raises TooManyAttempts."""
    uow = context.uow
    bucket = SharedBucket(
        f"new link\0{incident.id}\0{login}", RENEWALS, RENEWED_EVERY, "a link was sent just now"
    )
    async with transaction(uow.pool) as conn:
        await take_token(conn, bucket, uow.clock.stamp())
        now = await fetch_now(conn, uow.clock.stamp())
        notice = Notice(
            cause=f"new_link#{int(now.timestamp())}",
            target=f"{PERSON}{login}",
            role="handler",
            template=Template.NEW_LINK,
            facts={**facts_of(incident), "to_do": ""},
        )
        await queue_notices(conn, [(incident.id, notice)], uow.clock.stamp())
