"""The explanation of a body that could not be read.

It names the place, in plain words, and compares the body with one that was read.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Flaw
from gateway.ingest.sources import SOURCES
from gateway.quarantine import masking
from gateway.quarantine.difference import DifferenceKind, find_differences
from gateway.quarantine.examples import FILE, find_nearest, load_examples, names
from tests.ingest.examples import written
from tests.ingest.requests import BY_SLUG

SLUGS = [source.slug for source in SOURCES]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["alerts", "data", "Message", "labels"]), inner)
    ),
    max_leaves=9,
)


def told(slug: str, body: Any, *flaws: Flaw) -> list[tuple[str, str]]:
    return [
        (one.pointer, one.kind.value)
        for one in find_differences(
            body, BY_SLUG[slug].expects, flaws, names(load_examples()[slug])
        )
    ]


@pytest.mark.parametrize("slug", SLUGS)
def test_understood_body_has_no_differences(slug: str) -> None:
    assert BY_SLUG[slug].expects
    assert {example.case: told(slug, example.body) for example in load_examples()[slug]} == {
        example.case: [] for example in load_examples()[slug]
    }


def test_examples_match_captured_requests() -> None:
    assert FILE.read_bytes() == written(), "python3 gw examples"


@pytest.mark.parametrize("slug", SLUGS)
@settings(max_examples=10)
@given(body=JSON)
def test_any_body_yields_bounded_differences(slug: str, body: Any) -> None:
    assert len(find_differences(body, BY_SLUG[slug].expects)) <= 100
    find_nearest(body, load_examples()[slug])
    masking.mask_body(msgspec.json.encode(body))


def test_each_kind_of_difference_has_place_and_plain_description() -> None:
    body = {
        "event_acton": "trigger",
        "dedup_key": 5,
        "payload": {"summary": "s", "severity": "bad", "Component": "web"},
    }
    flaw = Flaw("/payload/severity", "severity is one of critical, error, warning, info")
    found = {
        one.pointer: one
        for one in find_differences(
            body, BY_SLUG["pagerduty"].expects, (flaw, Flaw("/event_action", "?"))
        )
    }
    assert {pointer: one.kind for pointer, one in found.items()} == {
        "/event_action": DifferenceKind.MISSING,
        "/event_acton": DifferenceKind.UNKNOWN_NAME,
        "/dedup_key": DifferenceKind.WRONG_TYPE,
        "/payload/Component": DifferenceKind.UNKNOWN_NAME,
        "/payload/severity": DifferenceKind.OUT_OF_BOUNDS,
    }
    assert found["/event_acton"].detail == "'event_acton' is not read: 'event_action' is"
    assert found["/event_acton"].meant == "/event_action"
    assert found["/dedup_key"].detail == "a text or null is expected here, and not a whole number"
    assert found["/payload/severity"].found == '"bad"'


def test_flaw_without_pointer_is_reported_as_is() -> None:
    (found,) = find_differences({"message": "m"}, {}, (Flaw("message", "too long"),))
    assert (found.pointer, found.kind, found.found) == ("message", DifferenceKind.MISSING, None)


def test_list_items_and_embedded_json_are_compared() -> None:
    assert told("alertmanager", {"alerts": [{"labels": {"a": "b"}}, {"labels": {"a": 1}}]})[-1] == (
        "/alerts/1/labels/a",
        "wrong_type",
    )
    inner = msgspec.json.encode({"AlarmNam": "x", "NewStateValue": "ALARM"}).decode()
    body = load_examples()["cloudwatch"][0].body | {"Message": inner}
    assert ("/Message/AlarmNam", "unknown_name") in told("cloudwatch", body)
    assert told("generic", [{"title": 5}]) == [("/0/title", "wrong_type")]


def test_nearest_example_shares_most_names() -> None:
    for example in load_examples()["github"]:
        found = find_nearest(example.body, load_examples()["github"])
        assert found is not None
        assert find_nearest(found.body, [found]) == found
    assert find_nearest({"a": 1}, []) is None
    resolved = next(one for one in load_examples()["azure"] if one.case == "resolved")
    assert find_nearest(resolved.body, load_examples()["azure"]) in [
        resolved,
        *load_examples()["azure"],
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'{"token": "s3cr3tvalue", "n": 1}',
        b'{"apiKey": "s3cr3tvalue"}',
        b'{"a": {"routing_key": "s3cr3tvalue"}}',
        b'{"headers": {"Authorization": "Bearer s3cr3tvalue"}}',
        b'{"text": "Authorization: Bearer s3cr3tvalue"}',
        b'{"url": "https://me:s3cr3tvalue@example.com/"}',
        b'{"password": ["s3cr3tvalue"], "secret": {"x": "s3cr3tvalue"}}',
        b'{"password": "s3cr3tvalue',
        b"api_key=s3cr3tvalue&x=1",
        b'{"webhookSecret": "s3cr3tvalue"}',
        b'{"sigkey": "whsec_s3cr3tvalue"}',
    ],
)
def test_secrets_are_masked(body: bytes) -> None:
    shown = masking.mask_body(body)
    assert "s3cr3tvalue" not in shown
    assert masking.BLOT in shown


def test_non_secret_values_are_not_masked() -> None:
    body = (
        b'{"dedup_key":"k","key":"v","tokens":5,"passed":true,"keys":["a"],"title":"Basic auth '
        b'fails"}'
    )
    assert masking.mask_body(body) == body.decode()


def test_identifying_headers_are_removed_and_others_kept() -> None:
    shown = {
        "Authorization": "a",
        "X-Api-Key": "a",
        "Cookie": "a",
        "X-Hub-Signature-256": "a",
        "X-Forwarded-For": "a",
        "Sign": "a",
    }
    kept = {
        "Content-Type": "text/plain",
        "CE-Id": "1",
        "query": "a=" + "b" * 3_000,
        "X-Odd": "\udcff",
    }
    assert masking.storable_headers(shown | kept) == {
        name.lower(): value.replace("\udcff", "?") for name, value in kept.items()
    }
    assert len(masking.storable_headers({f"x-{n}": "a" for n in range(100)})) == masking.MOST


def test_difference_masks_secrets() -> None:
    (one, *_) = find_differences(
        {"event_action": "trigger", "routing_key": 12345}, BY_SLUG["pagerduty"].expects
    )
    assert (one.pointer, one.found) == ("/routing_key", '"***"')
