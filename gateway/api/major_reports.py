"""The report on a major incident: a draft until somebody writes it, then what was written."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api import body, wire
from gateway.api.context import Call, respond
from gateway.api.incidents import found
from gateway.api.reads import TIMELINE
from gateway.db.pool import acquire
from gateway.errors import NotFound
from gateway.incidents.major_report import Happening, draft
from gateway.incidents.record import Incident
from gateway.operations import major_reports
from gateway.operations.major_reports import Report
from gateway.operations.permissions import Action


class Query(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The language of a draft."""

    locale: Literal["en", "zh-CN"] = "en"


class Text(wire.Request, kw_only=True):
    """The whole report, in Markdown."""

    text: Annotated[str, Meta(min_length=1, max_length=200_000)]


class ReportView(msgspec.Struct):
    """The report; while it is due, `text` is the draft and nobody wrote it yet."""

    status: Literal["due", "written", "approved"]
    text: str
    written_at: datetime | None = None
    written_by: str | None = None
    approved_at: datetime | None = None
    approved_by: str | None = None


async def read_report(call: Call) -> web.Response:
    """The report or its draft; 404 where none is due."""
    locale = body.query(call.request, Query).locale
    incident = await found(call, Action.INSPECT)
    async with acquire(call.context.desk.pool) as conn:
        report = await major_reports.report_of(conn, incident.id)
        rows = [] if report is not None else await conn.fetch(TIMELINE, incident.id)
    if report is not None:
        return respond(_view(report))
    if not major_reports.is_due(incident):
        raise NotFound(f"no report on {incident.number} is due")
    story = [Happening(r["at"], r["actor"], r["event"], msgspec.json.decode(r["facts"], type=dict[str, Any])) for r in rows]
    return respond(ReportView("due", draft(incident, story, locale)))


async def put_report(call: Call) -> web.Response:
    """Write it."""
    desk, once = call.context.desk, call.once()
    return await _after(call, await major_reports.write_report(desk, call.number, call.body.text, call.who, once=once))


async def approve_report(call: Call) -> web.Response:
    """Approve it."""
    return await _after(call, await major_reports.approve_report(call.context.desk, call.number, call.who, once=call.once()))


async def _after(call: Call, incident: Incident) -> web.Response:
    async with acquire(call.context.desk.pool) as conn:
        report = await major_reports.report_of(conn, incident.id)
    if report is None:
        raise AssertionError("a report that was written stays")
    return respond(_view(report))


def _view(report: Report) -> ReportView:
    status: Literal["written", "approved"] = "written" if report.approved_at is None else "approved"
    return ReportView(status, report.text, report.written_at, report.written_by, report.approved_at, report.approved_by)
