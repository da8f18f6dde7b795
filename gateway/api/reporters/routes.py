"""The routes of reporters, who follow one record by a link."""

from gateway.api import wire
from gateway.api.records.attachments import AttachmentQuery
from gateway.api.reporters import reporter_api
from gateway.api.route import (
    FILE,
    IDEMPOTENT,
    NO_KEY,
    ONE_RECORD,
    REPORTER_LINK,
    WRITE,
    Route,
    first_docstring_line,
)


def reporter_routes() -> tuple[Route, ...]:
    """Return the routes by which a reporter is given a link, and those that the link opens."""
    asked = {
        "confirm": reporter_api.ConfirmByLink,
        "refuse": wire.Refuse,
        "rate": wire.Rate,
        "note": wire.Note,
    }
    return (
        Route("POST", ONE_RECORD + "/invite", reporter_api.invite, WRITE,
              "Create a link for the reporter of a record", None, reporter_api.Invitation, status=201),
        Route("GET", REPORTER_LINK, reporter_api.read_by_link, NO_KEY, "Read a record by a reporter's link", None, reporter_api.RecordForReporter),
        *(
            Route("POST", f"{REPORTER_LINK}/{n}", reporter_api.act_by_link, NO_KEY, first_docstring_line(kind), kind, reporter_api.RecordForReporter, headers=IDEMPOTENT)
            for n, kind in asked.items()
        ),
        Route("POST", REPORTER_LINK + "/attachments", reporter_api.attach_by_link, NO_KEY,
              "Attach a file by a reporter's link", None, reporter_api.ReporterFile,
              AttachmentQuery, status=201, headers=("Content-Disposition", *IDEMPOTENT), streams=True),
        Route("GET", REPORTER_LINK + FILE, reporter_api.fetch_file_by_link, NO_KEY, "Download a file by a reporter's link"),
    )  # fmt: skip
