"""The routes of reporters, who follow one record by a link."""

from gateway.api import mine, wire
from gateway.api.attachments import Naming
from gateway.api.route import FILE, MINE, ONCE, ONE, OPEN, WRITE, Route, sentence


def of_reporters() -> tuple[Route, ...]:
    """Return the routes by which a reporter is given a link, and those that the link opens."""
    asked = {"confirm": mine.Agree, "refuse": wire.Refuse, "rate": wire.Rate, "note": wire.Note}
    return (
        Route("POST", ONE + "/invite", mine.invite, WRITE,
              "Create a link for the reporter of a record", None, mine.Invitation, status=201),
        Route("GET", MINE, mine.read_mine, OPEN, "Read a record by a reporter's link", None, mine.Mine),
        *(
            Route("POST", f"{MINE}/{n}", mine.act_on_mine, OPEN, sentence(kind), kind, mine.Mine, headers=ONCE)
            for n, kind in asked.items()
        ),
        Route("POST", MINE + "/attachments", mine.attach_to_mine, OPEN, "Attach a file by a reporter's link", None, mine.Download,
              Naming, status=201, headers=("Content-Disposition", *ONCE), streams=True),
        Route("GET", MINE + FILE, mine.fetch_mine, OPEN, "Download a file by a reporter's link"),
    )  # fmt: skip
