"""The endpoints outside the route table: intake, APIs of other products, pages, probes.

Their bodies are each vendor's own: docs/sources describes them.
"""

from collections.abc import Iterator
from typing import Any

from gateway.api.records.page import STAFF_PAGES
from gateway.api.reporters.reporter_page import REPORTER_PAGES
from gateway.channels.discovery import find_modules
from gateway.channels.webform.http import FORM_PAGES
from gateway.web.described_endpoint import (
    BYTES,
    FORM,
    JSON,
    PARTS,
    DescribedEndpoint,
    KeyLocation,
)


def described_endpoints() -> Iterator[DescribedEndpoint]:
    """Yield every operation outside the route table."""
    yield from _alerts_in()
    yield from _people_in()
    for root, reads, read, write in (
        ("", KeyLocation.READS, KeyLocation.READ, KeyLocation.WRITE),
        (
            "/ingest/alertmanager/{key}",
            KeyLocation.PATH_READS,
            KeyLocation.PATH_READ,
            KeyLocation.PATH_WRITE,
        ),
    ):
        yield from _alertmanager(root, reads, read, write)
    yield from _opsgenie()
    yield from FORM_PAGES
    yield from REPORTER_PAGES
    yield from STAFF_PAGES
    for module in find_modules("pages"):
        yield from module.CHANNEL_PAGES
    yield DescribedEndpoint("GET", "/healthz", "Check that the process works", KeyLocation.NONE)
    yield DescribedEndpoint("GET", "/readyz", "Check that requests can be served", KeyLocation.NONE)
    yield DescribedEndpoint(
        "GET", "/metrics", "Read the metrics in Prometheus' format", KeyLocation.NONE
    )
    yield DescribedEndpoint("GET", "/problems/{slug}", "Show a problem type", KeyLocation.NONE)
    yield DescribedEndpoint(
        "GET", "/runbooks/{name}", "Show the runbook of an alert", KeyLocation.NONE
    )
    yield DescribedEndpoint("GET", "/openapi.json", "Read this description", KeyLocation.NONE)
    yield DescribedEndpoint(
        "GET", "/docs", "Show this description as a page", KeyLocation.NONE, query_names=("q",)
    )


def _alerts_in() -> Iterator[DescribedEndpoint]:
    goalert, pagerduty = "/api/v2/{}/incoming", "/generic/2010-04-15/create_event.json"
    yield DescribedEndpoint(
        "POST", "/ingest/{source}", "Send alerts of a source", request_body=(JSON,)
    )
    yield DescribedEndpoint(
        "POST",
        "/ingest/{source}/{key}",
        "Send alerts with the key in the path",
        KeyLocation.PATH,
        (JSON,),
    )
    yield DescribedEndpoint(
        "POST", "/api/v2/alerts", "Send alerts by the Alertmanager API", request_body=(JSON,)
    )
    yield DescribedEndpoint(
        "POST",
        "/ingest/alertmanager/{key}/api/v2/alerts",
        "Send alerts by the Alertmanager API, with the key in the path",
        KeyLocation.PATH,
        (JSON,),
    )
    yield DescribedEndpoint(
        "POST",
        "/v2/enqueue",
        "Send an event by the PagerDuty Events API v2",
        KeyLocation.BODY,
        (JSON,),
    )
    yield DescribedEndpoint(
        "POST",
        "/v2/change/enqueue",
        "Send a change event by the PagerDuty Events API v2",
        KeyLocation.BODY,
        (JSON,),
    )
    yield DescribedEndpoint(
        "POST",
        pagerduty,
        "Send an event by the PagerDuty Events API v1",
        KeyLocation.BODY,
        (JSON,),
    )
    yield DescribedEndpoint(
        "POST",
        "/integrations/v1/{type}/{key}",
        "Send alerts by a Grafana OnCall integration URL",
        KeyLocation.PATH,
        (JSON,),
    )
    yield DescribedEndpoint(
        "GET",
        goalert.format("generic"),
        "Send an alert by the GoAlert API, in the query",
        KeyLocation.BODY,
    )
    yield DescribedEndpoint(
        "POST",
        goalert.format("generic"),
        "Send an alert by the GoAlert API",
        KeyLocation.BODY,
        (JSON, FORM, PARTS),
    )
    for product in ("prometheusalertmanager", "grafana"):
        yield DescribedEndpoint(
            "POST",
            goalert.format(product),
            "Send alerts by the GoAlert API",
            KeyLocation.BODY,
            (JSON,),
        )
    yield DescribedEndpoint(
        "POST",
        "/process-event",
        "Send an event by the Icinga Notifications API",
        request_body=(JSON,),
    )
    for said, words in (
        ("", "Ping a monitor: the job ran"),
        ("/{said}", "Ping a monitor: the job began or ended"),
    ):
        yield DescribedEndpoint(
            "GET", "/ping/{key}/{slug}" + said, words, KeyLocation.PATH, query_names=("create",)
        )
        yield DescribedEndpoint(
            "POST",
            "/ping/{key}/{slug}" + said,
            words,
            KeyLocation.PATH,
            (BYTES,),
            ("create",),
            body_optional=True,
        )


def _people_in() -> Iterator[DescribedEndpoint]:
    mail, chat, call = (
        "/ingest/email/{way}",
        "/ingest/chat/{provider}",
        "/ingest/phone/{provider}/{event}",
    )
    yield DescribedEndpoint(
        "POST", mail, "Send a mail that a vendor received", request_body=(JSON, FORM, PARTS)
    )
    yield DescribedEndpoint(
        "POST",
        mail + "/{key}",
        "Send a mail, with the key in the path",
        KeyLocation.PATH,
        (JSON, FORM, PARTS),
    )
    yield DescribedEndpoint(
        "POST",
        mail + "/{key}/mime",
        "Send a mail as raw MIME, with the key in the path",
        KeyLocation.PATH,
        (FORM, PARTS),
    )
    for path, key in ((chat, KeyLocation.HEADER), (chat + "/{key}", KeyLocation.PATH)):
        yield DescribedEndpoint("GET", path, "Verify the endpoint for a chat vendor", key)
        yield DescribedEndpoint("POST", path, "Send a chat event", key, (JSON, FORM))
    for path, key in ((call, KeyLocation.HEADER), (call + "/{key}", KeyLocation.PATH)):
        yield DescribedEndpoint("GET", path, "Send an event of a call, in the query", key)
        yield DescribedEndpoint("POST", path, "Send an event of a call", key, (JSON, FORM))
    find = "/ingest/phone/threecx/lookup"
    yield DescribedEndpoint(
        "GET",
        find,
        "Find the caller of a number for 3CX",
        KeyLocation.READ,
        query_names=("number",),
    )
    yield DescribedEndpoint(
        "GET",
        find + "/{key}",
        "Find the caller of a number, with the key in the path",
        KeyLocation.PATH_READ,
        query_names=("number",),
    )


def _alertmanager(
    root: str, reads: KeyLocation, read: KeyLocation, write: KeyLocation
) -> Iterator[DescribedEndpoint]:
    yield DescribedEndpoint(
        "GET", root + "/api/v2/status", "Read the status by the Alertmanager API", reads
    )
    yield DescribedEndpoint(
        "GET",
        root + "/api/v2/alerts",
        "List alerts by the Alertmanager API",
        reads,
        query_names=("filter",),
    )
    yield DescribedEndpoint(
        "GET",
        root + "/api/v2/alerts/groups",
        "List alerts grouped by record",
        reads,
        query_names=("filter",),
    )
    yield DescribedEndpoint(
        "GET", root + "/api/v2/receivers", "List the receivers of alerts", reads
    )
    yield DescribedEndpoint(
        "GET", root + "/api/v2/silences", "List silences", read, query_names=("filter",)
    )
    yield DescribedEndpoint(
        "POST", root + "/api/v2/silences", "Create or change a silence", write, (JSON,)
    )
    yield DescribedEndpoint("GET", root + "/api/v2/silence/{id}", "Read a silence", read)
    yield DescribedEndpoint("DELETE", root + "/api/v2/silence/{id}", "End a silence", write)
    yield DescribedEndpoint(
        "GET", root + "/-/healthy", "Check that the gateway works", KeyLocation.NONE
    )
    yield DescribedEndpoint(
        "GET", root + "/-/ready", "Check that the gateway serves requests", KeyLocation.NONE
    )


def _opsgenie() -> Iterator[DescribedEndpoint]:
    root, by = "/v2/alerts", ("identifierType",)
    one, beat = root + "/{id}", "/v2/heartbeats"
    yield DescribedEndpoint("POST", root, "Create an alert", request_body=(JSON,))
    yield DescribedEndpoint(
        "GET", root, "List alerts", query_names=("query", "limit", "offset", "sort", "order")
    )
    yield DescribedEndpoint("GET", root + "/count", "Count alerts", query_names=("query",))
    yield DescribedEndpoint("GET", root + "/requests/{request_id}", "Read the result of a request")
    yield DescribedEndpoint("GET", one, "Read an alert", query_names=by)
    yield DescribedEndpoint("DELETE", one, "Close an alert instead of deleting", query_names=by)
    for word in ("close", "acknowledge", "unacknowledge"):
        said = f"{word.capitalize()} an alert"
        yield DescribedEndpoint(
            "POST", f"{one}/{word}", said, request_body=(JSON,), query_names=by, body_optional=True
        )
    for word in ("assign", "escalate", "snooze"):
        yield DescribedEndpoint(
            "POST",
            f"{one}/{word}",
            f"{word.capitalize()} an alert",
            request_body=(JSON,),
            query_names=by,
        )
    for word in ("notes", "tags", "details"):
        yield DescribedEndpoint(
            "POST", f"{one}/{word}", f"Add {word} to an alert", request_body=(JSON,), query_names=by
        )
    for word, asked in (("tags", "tags"), ("details", "keys")):
        yield DescribedEndpoint(
            "DELETE", f"{one}/{word}", f"Remove {word} from an alert", query_names=(*by, asked)
        )
    for word in ("message", "description", "priority"):
        yield DescribedEndpoint(
            "PUT",
            f"{one}/{word}",
            f"Change the {word} of an alert",
            request_body=(JSON,),
            query_names=by,
        )
    yield DescribedEndpoint("GET", beat, "List heartbeats")
    yield DescribedEndpoint("POST", beat, "Create a heartbeat", request_body=(JSON,))
    yield DescribedEndpoint("GET", beat + "/{name}", "Read a heartbeat")
    yield DescribedEndpoint("PATCH", beat + "/{name}", "Change a heartbeat", request_body=(JSON,))
    yield DescribedEndpoint("PUT", beat + "/{name}", "Change a heartbeat", request_body=(JSON,))
    yield DescribedEndpoint("DELETE", beat + "/{name}", "Delete a heartbeat")
    for word in ("enable", "disable"):
        yield DescribedEndpoint(
            "POST", f"{beat}/{{name}}/{word}", f"{word.capitalize()} a heartbeat"
        )
    for method in ("GET", "POST", "PUT", "PATCH"):
        yield DescribedEndpoint(method, beat + "/{name}/ping", "Ping a heartbeat")


def body_content(address: DescribedEndpoint) -> dict[str, Any]:
    """Return the body of an address by media type: any JSON, any form or any bytes."""
    shapes: dict[str, dict[str, Any]] = {JSON: {}, BYTES: {"type": "string", "format": "binary"}}
    return {
        media: {"schema": shapes.get(media, {"type": "object"})} for media in address.request_body
    }
