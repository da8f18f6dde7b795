"""The routes of reporters, who follow one record by a link."""

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
from gateway.api.typed_handler import with_body, without_body


def reporter_routes() -> tuple[Route, ...]:
    """Return the routes by which a reporter is given a link, and those that the link opens."""
    return (
        Route("POST", ONE_RECORD + "/invite", without_body(reporter_api.invite), WRITE,
              "Create a link for the reporter of a record", reporter_api.Invitation, status=201),
        Route("GET", REPORTER_LINK, without_body(reporter_api.read_by_link), NO_KEY,
              "Read a record by a reporter's link", reporter_api.RecordForReporter),
        *(
            Route("POST", f"{REPORTER_LINK}/{n}", with_body(reporter_api.act_by_link, kind),
                  NO_KEY, first_docstring_line(kind), reporter_api.RecordForReporter,
                  headers=IDEMPOTENT)
            for n, kind in reporter_api.REPORTER_BODIES.items()
        ),
        Route("POST", REPORTER_LINK + "/attachments",
              without_body(reporter_api.attach_by_link, AttachmentQuery), NO_KEY,
              "Attach a file by a reporter's link", reporter_api.ReporterFile, status=201,
              headers=("Content-Disposition", *IDEMPOTENT), streams=True),
        Route("GET", REPORTER_LINK + FILE, without_body(reporter_api.fetch_file_by_link), NO_KEY,
              "Download a file by a reporter's link"),
    )  # fmt: skip
