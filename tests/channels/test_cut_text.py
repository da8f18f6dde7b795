"""A text is cut to the bytes of a vendor between two characters, and ends in an ellipsis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.cut_text import ELLIPSIS, cut_to_bytes

ENCODINGS = st.sampled_from(["utf-8", "utf-16-le"])


@given(
    text=st.text(max_size=200),
    most=st.integers(8, 100),
    encoding=ENCODINGS,
)
def test_cut_text_fits_and_begins_as_the_text(text: str, most: int, encoding: str) -> None:
    cut = cut_to_bytes(text, most, encoding)
    assert len(cut.encode(encoding, "replace")) <= most
    whole = text.encode("utf-8", "replace").decode()
    assert cut == text or whole.startswith(cut.removesuffix(ELLIPSIS))
    assert cut.endswith(ELLIPSIS) or cut == text


@pytest.mark.parametrize(("most", "cut"), [(12, "磁盘满了"), (11, "磁盘…"), (8, "磁…")])
def test_character_is_kept_whole(most: int, cut: str) -> None:
    assert cut_to_bytes("磁盘满了", most) == cut
