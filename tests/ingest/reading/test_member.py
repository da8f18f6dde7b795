import time

import pytest

from gateway.compat import endpoints
from gateway.ingest.reading.member import LONGEST, find_text_member
from tests.support import hostile


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"a":{"key":"inner"},"key":"outer"}', "outer"),
        (b'{"key":"with \\" a quote"}', 'with " a quote'),
        (b'{"key":""}', None),
        (b'{"key":7}', None),
        (b'{"key":null,"a":1}', None),
        (b'{"other":"key"}', None),
        (b"[]", None),
        (b"", None),
    ],
)
def test_top_level_text_member_of_valid_json_is_found(body: bytes, found: str | None) -> None:
    assert find_text_member(body, "key") == found


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"key" : "told"}',
        b'{"key":\n"told","text":"a line\nbreak"}',
        b'{"key":"told","text":"\\u0000"}',
        '{"key":"told"}'.encode("utf-16"),
        '{"key":"told"}'.encode("utf-16-be"),
        b'{"text":"\xe9","key":"told"}',
        b'{"key":"told",',
    ],
)
def test_text_member_of_almost_json_body_is_found(body: bytes) -> None:
    assert find_text_member(body, "key") == "told"


@pytest.mark.parametrize(
    "body", [b'{"key":"' + b"a" * (LONGEST + 1) + b'",', b'{"key":"a\\u0041",', b'{"key":"\xff"}']
)
def test_implausible_member_in_broken_body_is_none(body: bytes) -> None:
    assert find_text_member(body, "key") is None


def test_member_search_in_hostile_body_is_fast() -> None:
    within = hostile.values(endpoints.EVENT, b'{"routing_key":', b"}")
    bodies = [
        *hostile.any_json(endpoints.EVENT),
        *within,
        ("key and blanks", b'"routing_key" ' * 37_000),
    ]
    for name, body in bodies:
        took = []
        for _ in range(3):
            began = time.thread_time()
            find_text_member(body, "routing_key")
            took.append(time.thread_time() - began)
        assert min(took) < 0.1, f"{name}: {took}"
