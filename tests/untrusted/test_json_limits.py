"""JSON from outside: its depth, and the time to decode its numbers."""

import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.untrusted.json_limits import decoder, is_deeper

TREES: st.SearchStrategy[Any] = st.recursive(
    st.integers() | st.text(alphabet='a"\\[]{}'),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(alphabet='a"\\[]{}'), inner, max_size=3)
    ),
)


def depth(tree: Any) -> int:
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@given(TREES)
def test_measured_depth_equals_depth_of_parsed_json(tree: Any) -> None:
    text = json.dumps(tree).encode()
    assert depth(tree) == 0 or is_deeper(text, depth(tree) - 1)
    assert not is_deeper(text, depth(tree))


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    deep, flat = b"[" * 33 + b"]" * 33, b'["' + b"[{" * 99 + b'\\\\\\"' + b"[" * 99 + b'"]'
    assert (is_deeper(deep, 32), is_deeper(deep, 33)) == (True, False)
    assert (is_deeper(flat, 0), is_deeper(flat, 1)) == (True, False)


def test_depth_of_unterminated_json_is_measured() -> None:
    assert is_deeper(b"[" * 5, 4)
    assert not is_deeper(b'["' + b"[" * 9, 1)
    assert not is_deeper(b"]" * 9 + b"[[", 2)


@pytest.mark.parametrize(
    "number", ["1.7976931348623157e308", "2.2250738585072011e-308", "9" * 22, "0." + "9" * 20]
)
@pytest.mark.parametrize("kind", [object, dict[str, object]], ids=str)
def test_extreme_numbers_are_decoded_quickly(number: str, kind: Any) -> None:
    text = f'{{"a":[{",".join([number] * (262_144 // (len(number) + 1)))}]}}'.encode()
    began = time.thread_time()
    assert decoder(kind).decode(text)["a"][0] == json.loads(number)
    assert time.thread_time() - began < 0.1


def test_infinite_number_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="out of range"):
        decoder(object).decode(b'{"a":1e999}')
