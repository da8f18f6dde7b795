"""Keys are taken out of texts and bodies, and nothing else is."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.key_texts import BLOT, KEY, body_without_keys, pairs_without_keys, without_keys

ONE = "gwk_2csrqg5motj3_6WmDmrmDEhS8gqlAAAAaaaa-bbbb_cccc0123456789abc"


def test_a_key_is_blotted_out_wherever_it_stands() -> None:
    for text in ("{}", "x {} y", '{{"routing_key":"{}"}}', "<in+{}@gw.example>", "/ingest/generic/{}?x=1", "Basic:{}"):
        assert without_keys(text.format(ONE)) == text.format(BLOT)
        assert body_without_keys(text.format(ONE).encode()) == text.format(BLOT).encode()
    assert pairs_without_keys({"key": ONE, ONE: "x"}) == {"key": BLOT, BLOT: "x"}


def test_a_key_that_a_mail_breaks_over_two_lines_is_blotted_out() -> None:
    assert body_without_keys(f"key: {ONE[:20]}=\r\n{ONE[20:]} .".encode()) == b"key: *** ."


def test_several_keys_and_the_beginning_of_one() -> None:
    assert without_keys(f"{ONE} {ONE}") == f"{BLOT} {BLOT}"
    assert without_keys("gwk_ and gwk_x") == "gwk_ and gwk_x"


@given(st.text())
def test_a_text_without_a_key_stays(text: str) -> None:
    if KEY.search(text) is None:
        assert without_keys(text) == text
    data = text.encode("utf-8", "replace")
    if b"gwk_" not in data:
        assert body_without_keys(data) is data


@given(st.binary(), st.binary())
def test_no_bytes_around_a_key_hide_it(before: bytes, after: bytes) -> None:
    assert ONE.encode() not in body_without_keys(before + ONE.encode() + after)
