"""The OpenAPI document keeps the rules that linters and code generators ask for."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.api.description.docs_page import build_docs_page
from gateway.api.description.openapi import document
from gateway.api.description.parameters import IN_HEADER, IN_PATH, IN_QUERY
from gateway.api.description.tags import TAGS, tag_of
from gateway.api.records.feed import ChangeFeed
from gateway.api.routes import list_routes
from gateway.app.reports import REPORTS

DOCUMENT = document((*list_routes(ChangeFeed()), *REPORTS))
OPERATIONS = {
    f"{method.upper()} {path}": one
    for path, operations in DOCUMENT["paths"].items()
    for method, one in operations.items()
}
VERBS = {
    "Accept", "Acknowledge", "Add", "Approve", "Assign", "Attach",
    "Change", "Check", "Close", "Complete", "Confirm", "Convert", "Count", "Create", "Deactivate",
    "Declare", "Decline", "Delete", "Disable", "Download", "Drop", "Enable", "End",
    "Escalate", "File", "Find", "Import", "Link", "List",
    "Ping", "Preview", "Publish", "Put", "Rate", "Read", "Record", "Refuse",
    "Reject", "Release", "Remove", "Replay", "Report", "Resolve", "Resume", "Return",
    "Revoke", "Send", "Set", "Shelve", "Show", "Sign", "Simulate", "Snooze",
    "Start", "Subscribe", "Take", "Try", "Unacknowledge", "Unlink", "Unsubscribe", "Verify",
    "Write",
}  # fmt: skip
EVERY = pytest.mark.parametrize("name", OPERATIONS)


def nodes(value: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield at, value
        for name, part in value.items():
            yield from nodes(part, f"{at}/{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from nodes(part, f"{at}/{index}")


NODES = list(nodes(DOCUMENT))


@EVERY
def test_operation_has_one_tag_and_plain_summary(name: str) -> None:
    one = OPERATIONS[name]
    assert [group for group in one["tags"] if group in TAGS] == one["tags"] != []
    assert one["summary"].split()[0] in VERBS, "a verb and what it is done to"
    assert not one["summary"].endswith(".")
    assert not re.search(r"\b(one's|somebody|it|them)\b", one["summary"].lower())
    assert len(one["summary"]) <= 80
    assert one["description"]


@EVERY
def test_operation_parameters_are_unique_and_described(name: str) -> None:
    asked = OPERATIONS[name]["parameters"]
    assert len({(one["in"], one["name"]) for one in asked}) == len(asked)
    assert all(one["description"].endswith(".") for one in asked)
    in_path = {one["name"] for one in asked if one["in"] == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", name))


@EVERY
def test_operation_states_if_body_is_required(name: str) -> None:
    body = OPERATIONS[name].get("requestBody")
    assert body is None or isinstance(body["required"], bool)


@EVERY
def test_operation_documents_success_response(name: str) -> None:
    assert any(status.startswith("2") for status in OPERATIONS[name]["responses"])


def test_only_bodies_that_may_be_empty_are_optional() -> None:
    required = {
        name: one["requestBody"]["required"]
        for name, one in OPERATIONS.items()
        if "requestBody" in one
    }
    assert required["POST /api/v1/incidents"] is True
    assert required["POST /api/v1/incidents/{number}/assign"] is False
    assert required["POST /api/v1/cis/import"] is True
    assert required["POST /api/v1/incidents/{number}/attachments"] is True
    assert required["POST /ingest/app"] is True


def test_operation_ids_are_unique_identifiers() -> None:
    names = [one["operationId"] for one in OPERATIONS.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch("[a-zA-Z][a-zA-Z0-9_]*", name) for name in names)


def test_schema_names_are_class_names_and_all_are_used() -> None:
    names = set(DOCUMENT["components"]["schemas"])
    assert all(re.fullmatch("[A-Z][A-Za-z0-9]*", name) for name in names)
    used = {one["$ref"].rpartition("/")[2] for _, one in NODES if isinstance(one.get("$ref"), str)}
    assert names <= used <= names | set(DOCUMENT["components"]["responses"])


def test_patterns_arrays_and_enums_suit_code_generators() -> None:
    patterns = {at: one["pattern"] for at, one in NODES if isinstance(one.get("pattern"), str)}
    assert patterns
    assert {
        at: one for at, one in patterns.items() if not one.startswith("^") or "\\Z" in one
    } == {}
    assert [
        at
        for at, one in NODES
        if one.get("type") == "array" and not one.keys() & {"items", "prefixItems"}
    ] == []
    enums = {at: one["enum"] for at, one in NODES if isinstance(one.get("enum"), list)}
    assert {at: one for at, one in enums.items() if len({type(value) for value in one}) != 1} == {}


def test_every_tag_is_used_and_every_path_has_one() -> None:
    used = {one["tags"][0] for one in OPERATIONS.values()}
    assert used == {one["name"] for one in DOCUMENT["tags"]}
    with pytest.raises(LookupError, match="/elsewhere"):
        tag_of("/elsewhere", "GET")


def test_every_described_parameter_is_used_by_an_operation() -> None:
    there = {(one["in"], one["name"]) for o in OPERATIONS.values() for one in o["parameters"]}
    known = {("path", name) for name in IN_PATH} | {("header", name) for name in IN_HEADER}
    assert known <= there
    assert {("query", name) for name in IN_QUERY} <= there


def test_header_length_bounds_are_documented() -> None:
    asked = {
        one["name"]: one for one in OPERATIONS["PATCH /api/v1/incidents/{number}"]["parameters"]
    }
    assert asked["Idempotency-Key"]["schema"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
    }
    assert asked["If-Match"]["schema"]["minLength"] == 1


def test_document_names_server_and_license() -> None:
    assert [one["url"] for one in DOCUMENT["servers"]] == ["/"]
    assert DOCUMENT["info"]["license"]["identifier"] == "Apache-2.0"


def test_docs_page_groups_operations_by_tag() -> None:
    text = build_docs_page(DOCUMENT).show()
    headings = re.findall(r"<h2 id=\"[\w-]+\">([^<]+)</h2>", text)
    assert headings == [one["name"] for one in DOCUMENT["tags"]]
    assert text.count("<details><summary><b>") == len(OPERATIONS)
    assert 'name="viewport"' in text, "phones do not show it smaller"
    assert 'href="#NewCi"' in text, "what an array holds is a link too"
    assert "<table" not in text, "nothing is wider than a phone"


def test_docs_search_finds_operations_with_all_words() -> None:
    shown = build_docs_page(DOCUMENT)
    found = re.findall(r"<b>(\w+)</b> <code>([^<]+)</code>", shown.show("Monitors DELETE"))
    assert found == [("DELETE", "/api/v1/monitors/{id}")]
    assert "No operation has these words" in shown.show("xyzzy")


def test_docs_search_term_is_escaped_and_truncated() -> None:
    shown = build_docs_page(DOCUMENT).show('"><script>VALUES' + "a" * 200)
    assert "<script" not in shown
    assert 'value="&quot;&gt;&lt;script&gt;VALUESaaa' in shown
    assert "a" * 101 not in shown
