"""The report on a major incident: a draft until somebody writes it, then the written text."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.access.permissions import Action
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.records.incidents import find_record
from gateway.api.records.timeline import MOST_IN_DRAFT, fetch_newest_entries
from gateway.db.pool import acquire
from gateway.errors import NotFound
from gateway.incidents.major_report import draft_report, language_of
from gateway.incidents.record import Incident
from gateway.incidents.timeline import PastEvent
from gateway.operations.major import reports
from gateway.operations.major.reports import MajorReport
from gateway.untrusted.bounds import Request
from gateway.vocabulary import ReportStatus


class MajorReportQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The language of a draft, by default the record's, or the number of an older version."""

    locale: Literal["en", "zh-CN"] | None = None
    version: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class MajorReportText(Request, kw_only=True):
    """The whole report, in Markdown."""

    text: Annotated[str, Meta(min_length=1, max_length=200_000)]


class ReportView(msgspec.Struct):
    """The report on a major incident.

    While it is due, `text` is the draft and nobody has written this version yet.
    """

    status: ReportStatus
    version: int
    text: str
    written_at: datetime | None = None
    written_by: str | None = None
    approved_at: datetime | None = None
    approved_by: str | None = None


async def read_report(call: QueryCall[MajorReportQuery]) -> web.Response:
    """Return the report or its draft; raises NotFound where none is due."""
    asked = call.query
    async with acquire(call.context.uow.pool) as conn:
        incident = await find_record(conn, call, Action.INSPECT)
        report = await reports.load_report(conn, incident.id, asked.version)
        standing = (await reports.load_report_statuses(conn, [incident.id])).get(incident.id)
        due = standing is ReportStatus.DUE and asked.version is None
        rows, _ = (
            await fetch_newest_entries(conn, incident.id, MOST_IN_DRAFT) if due else ([], False)
        )
    if due:
        story = [
            PastEvent(
                r["at"],
                r["actor"],
                r["event"],
                msgspec.json.decode(r["facts"], type=dict[str, Any]),
            )
            for r in rows
        ]
        version = 1 if report is None else report.version + 1
        return respond(
            ReportView(
                ReportStatus.DUE,
                version,
                draft_report(incident, story, asked.locale or language_of(incident)),
            )
        )
    if report is None:
        raise NotFound(
            f"there is no such report on {incident.number}"
            if asked.version
            else f"no report on {incident.number} is due"
        )
    return respond(_view(report))


async def put_report(call: ApiCall[MajorReportText]) -> web.Response:
    """Write the report."""
    uow, once = call.context.uow, call.once()
    return await _after(
        call, await reports.write_report(uow, call.number, call.body.text, call.who, once=once)
    )


async def approve_report(call: ApiCall[None]) -> web.Response:
    """Approve the report."""
    return await _after(
        call,
        await reports.approve_report(call.context.uow, call.number, call.who, once=call.once()),
    )


async def _after(call: ApiCall[object], incident: Incident) -> web.Response:
    async with acquire(call.context.uow.pool) as conn:
        report = await reports.load_report(conn, incident.id)
    if report is None:
        raise AssertionError("a report that was written stays")
    return respond(_view(report))


def _view(report: MajorReport) -> ReportView:
    status = ReportStatus.WRITTEN if report.approved_at is None else ReportStatus.APPROVED
    return ReportView(
        status, **{name: getattr(report, name) for name in MajorReport.__dataclass_fields__}
    )
