"""The endpoints outside the route table: intake, APIs of other products, pages, probes.

Their bodies are each vendor's own: docs/sources describes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

JSON, FORM, PARTS, BYTES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/octet-stream",
)


class Key(Enum):
    """The place where a request carries its key, as a sentence."""

    NONE = "Needs no key."
    HEADER = "Needs the scope `ingest`."
    READS = "Needs the scope `ingest` or `read`."
    READ = "Needs the scope `read`."
    WRITE = "Needs the scope `write`."
    PATH = "The path has the key, with the scope `ingest`."
    PATH_READS = "The path has the key, with the scope `ingest` or `read`."
    PATH_READ = "The path has the key, with the scope `read`."
    PATH_WRITE = "The path has the key, with the scope `write`."
    BODY = "The body or the query has the key, with the scope `ingest`."
    LINK = "The path has the signed link that a reporter was given."


IN_HEADERS = frozenset({Key.HEADER, Key.READS, Key.READ, Key.WRITE})
"""The places that are a header."""


@dataclass(frozen=True, slots=True)
class Address:
    """One operation outside the route table.

    `takes` are the media types of its body, `asks` the names in its query. With `bare` the body
    may be left out.
    """

    method: str
    path: str
    summary: str
    key: Key = Key.HEADER
    takes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    bare: bool = False


def addresses() -> Iterator[Address]:
    """Yield every operation outside the route table."""
    yield from _alerts_in()
    yield from _people_in()
    for root, reads, read, write in (
        ("", Key.READS, Key.READ, Key.WRITE),
        ("/ingest/alertmanager/{key}", Key.PATH_READS, Key.PATH_READ, Key.PATH_WRITE),
    ):
        yield from _alertmanager(root, reads, read, write)
    yield from _opsgenie()
    yield from _pages()
    yield Address("GET", "/healthz", "Check that the process works", Key.NONE)
    yield Address("GET", "/readyz", "Check that requests can be served", Key.NONE)
    yield Address("GET", "/metrics", "Read the metrics in Prometheus' format", Key.NONE)
    yield Address("GET", "/problems/{slug}", "Show what a problem means", Key.NONE)
    yield Address("GET", "/runbooks/{name}", "Show the runbook of an alert", Key.NONE)
    yield Address("GET", "/openapi.json", "Read this description", Key.NONE)
    yield Address("GET", "/docs", "Show this description as a page", Key.NONE, asks=("q",))


def _alerts_in() -> Iterator[Address]:
    goalert, pagerduty = "/api/v2/{}/incoming", "/generic/2010-04-15/create_event.json"
    yield Address("POST", "/ingest/{source}", "Send alerts of a source", takes=(JSON,))
    yield Address("POST", "/ingest/{source}/{key}", "Send alerts with the key in the path", Key.PATH, (JSON,))
    yield Address("POST", "/api/v2/alerts", "Send alerts as to an Alertmanager", takes=(JSON,))
    yield Address(
        "POST",
        "/ingest/alertmanager/{key}/api/v2/alerts",
        "Send alerts as to an Alertmanager, with the key in the path",
        Key.PATH,
        (JSON,),
    )
    yield Address("POST", "/v2/enqueue", "Send an event as to PagerDuty (Events API v2)", Key.BODY, (JSON,))
    yield Address("POST", "/v2/change/enqueue", "Send a change event as to PagerDuty", Key.BODY, (JSON,))
    yield Address("POST", pagerduty, "Send an event as to PagerDuty (Events API v1)", Key.BODY, (JSON,))
    yield Address("POST", "/integrations/v1/{type}/{key}", "Send alerts as to Grafana OnCall", Key.PATH, (JSON,))
    yield Address("GET", goalert.format("generic"), "Send an alert as to GoAlert, in the query", Key.BODY)
    yield Address("POST", goalert.format("generic"), "Send an alert as to GoAlert", Key.BODY, (JSON, FORM, PARTS))
    for product in ("prometheusalertmanager", "grafana"):
        yield Address("POST", goalert.format(product), "Send alerts as to GoAlert", Key.BODY, (JSON,))
    yield Address("POST", "/process-event", "Send an event as to Icinga Notifications", takes=(JSON,))
    for said, words in (("", "Ping a monitor: the job ran"), ("/{said}", "Ping a monitor: the job began or ended")):
        yield Address("GET", "/ping/{key}/{slug}" + said, words, Key.PATH, asks=("create",))
        yield Address("POST", "/ping/{key}/{slug}" + said, words, Key.PATH, (BYTES,), ("create",), bare=True)


def _people_in() -> Iterator[Address]:
    mail, chat, call = "/ingest/email/{way}", "/ingest/chat/{provider}", "/ingest/phone/{provider}/{event}"
    yield Address("POST", mail, "Send a mail that a vendor received", takes=(JSON, FORM, PARTS))
    yield Address("POST", mail + "/{key}", "Send a mail, with the key in the path", Key.PATH, (JSON, FORM, PARTS))
    yield Address("POST", mail + "/{key}/mime", "Send a whole mail, with the key in the path", Key.PATH, (FORM, PARTS))
    for path, key in ((chat, Key.HEADER), (chat + "/{key}", Key.PATH)):
        yield Address("GET", path, "Verify the address for a chat vendor", key)
        yield Address("POST", path, "Send what happened in a chat", key, (JSON, FORM))
    for path, key in ((call, Key.HEADER), (call + "/{key}", Key.PATH)):
        yield Address("GET", path, "Send an event of a call, in the query", key)
        yield Address("POST", path, "Send an event of a call", key, (JSON, FORM))
    find = "/ingest/phone/threecx/lookup"
    yield Address("GET", find, "Find the caller of a number for 3CX", Key.READ, asks=("number",))
    yield Address(
        "GET", find + "/{key}", "Find the caller of a number, with the key in the path", Key.PATH_READ, asks=("number",)
    )


def _alertmanager(root: str, reads: Key, read: Key, write: Key) -> Iterator[Address]:
    yield Address("GET", root + "/api/v2/status", "Read the status as of an Alertmanager", reads)
    yield Address("GET", root + "/api/v2/alerts", "List alerts as an Alertmanager does", reads, asks=("filter",))
    yield Address("GET", root + "/api/v2/alerts/groups", "List alerts by record", reads, asks=("filter",))
    yield Address("GET", root + "/api/v2/receivers", "List the receivers of alerts", reads)
    yield Address("GET", root + "/api/v2/silences", "List silences", read, asks=("filter",))
    yield Address("POST", root + "/api/v2/silences", "Create or change a silence", write, (JSON,))
    yield Address("GET", root + "/api/v2/silence/{id}", "Read a silence", read)
    yield Address("DELETE", root + "/api/v2/silence/{id}", "End a silence", write)
    yield Address("GET", root + "/-/healthy", "Check that the gateway works", Key.NONE)
    yield Address("GET", root + "/-/ready", "Check that the gateway serves requests", Key.NONE)


def _opsgenie() -> Iterator[Address]:
    root, by = "/v2/alerts", ("identifierType",)
    one, beat = root + "/{id}", "/v2/heartbeats"
    yield Address("POST", root, "Create an alert", takes=(JSON,))
    yield Address("GET", root, "List alerts", asks=("query", "limit", "offset", "sort", "order"))
    yield Address("GET", root + "/count", "Count alerts", asks=("query",))
    yield Address("GET", root + "/requests/{request_id}", "Read what became of a request")
    yield Address("GET", one, "Read an alert", asks=by)
    yield Address("DELETE", one, "Close an alert instead of deleting", asks=by)
    for word in ("close", "acknowledge", "unacknowledge"):
        said = f"{word.capitalize()} an alert"
        yield Address("POST", f"{one}/{word}", said, takes=(JSON,), asks=by, bare=True)
    for word in ("assign", "escalate", "snooze"):
        yield Address("POST", f"{one}/{word}", f"{word.capitalize()} an alert", takes=(JSON,), asks=by)
    for word in ("notes", "tags", "details"):
        yield Address("POST", f"{one}/{word}", f"Add {word} to an alert", takes=(JSON,), asks=by)
    for word, asked in (("tags", "tags"), ("details", "keys")):
        yield Address("DELETE", f"{one}/{word}", f"Remove {word} from an alert", asks=(*by, asked))
    for word in ("message", "description", "priority"):
        yield Address("PUT", f"{one}/{word}", f"Change the {word} of an alert", takes=(JSON,), asks=by)
    yield Address("GET", beat, "List heartbeats")
    yield Address("POST", beat, "Create a heartbeat", takes=(JSON,))
    yield Address("GET", beat + "/{name}", "Read a heartbeat")
    yield Address("PATCH", beat + "/{name}", "Change a heartbeat", takes=(JSON,))
    yield Address("PUT", beat + "/{name}", "Change a heartbeat", takes=(JSON,))
    yield Address("DELETE", beat + "/{name}", "Delete a heartbeat")
    for word in ("enable", "disable"):
        yield Address("POST", f"{beat}/{{name}}/{word}", f"{word.capitalize()} a heartbeat")
    for method in ("GET", "POST", "PUT", "PATCH"):
        yield Address(method, beat + "/{name}/ping", "Ping a heartbeat")


def _pages() -> Iterator[Address]:
    yield Address("GET", "/report", "Show the services that have a form", Key.NONE)
    yield Address("GET", "/report/{service}", "Show the form of a service", Key.NONE)
    yield Address("POST", "/report/{service}", "Send the form of a service", Key.NONE, (FORM, PARTS))
    yield Address("GET", "/my/{link}", "Show a reporter's record as a page", Key.LINK)
    yield Address("POST", "/my/{link}/file", "Attach a file on a reporter's page", Key.LINK, (PARTS,))
    yield Address("POST", "/my/{link}/{asked}", "Send a form of a reporter's page", Key.LINK, (FORM,))
    yield Address("GET", "/r/{link}", "Show a record as a page by a signed link", Key.LINK)


def content(address: Address) -> dict[str, Any]:
    """Return the body of an address by media type: any JSON, any form or any bytes."""
    shapes: dict[str, dict[str, Any]] = {JSON: {}, BYTES: {"type": "string", "format": "binary"}}
    return {media: {"schema": shapes.get(media, {"type": "object"})} for media in address.takes}
