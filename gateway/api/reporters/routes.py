"""The routes of reporters, who follow one record by a link."""

from gateway.api import wire
from gateway.api.records.attachments import Naming
from gateway.api.reporters import reporter_api
from gateway.api.route import FILE, MINE, ONCE, ONE, OPEN, WRITE, Route, sentence


def of_reporters() -> tuple[Route, ...]:
    """Return the routes by which a reporter is given a link, and those that the link opens."""
    asked = {"confirm": reporter_api.Agree, "refuse": wire.Refuse, "rate": wire.Rate, "note": wire.Note}
    return (
        Route("POST", ONE + "/invite", reporter_api.invite, WRITE,
              "Create a link for the reporter of a record", None, reporter_api.Invitation, status=201),
        Route("GET", MINE, reporter_api.read_mine, OPEN, "Read a record by a reporter's link", None, reporter_api.Mine),
        *(
            Route("POST", f"{MINE}/{n}", reporter_api.act_on_mine, OPEN, sentence(kind), kind, reporter_api.Mine, headers=ONCE)
            for n, kind in asked.items()
        ),
        Route("POST", MINE + "/attachments", reporter_api.attach_to_mine, OPEN,
              "Attach a file by a reporter's link", None, reporter_api.Download,
              Naming, status=201, headers=("Content-Disposition", *ONCE), streams=True),
        Route("GET", MINE + FILE, reporter_api.fetch_mine, OPEN, "Download a file by a reporter's link"),
    )  # fmt: skip
