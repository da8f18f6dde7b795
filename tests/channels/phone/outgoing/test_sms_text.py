"""Short messages take one part where they can; links are whole and cuts are between words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.phone.outgoing.sms_text import (
    EXTENDED,
    LEAST_HEAD,
    MOST_PARTS,
    compose,
    count_parts,
    is_gsm,
)

LINK = "https://gateway.example/r/" + "aZ09-_" * 8
SUBJECT = "[INC-20261130-000042] P1 opened: database of the order service is down for all users"
TEXTS = st.text(
    st.one_of(
        st.sampled_from("abc défñ 数据库 不可用{}€[] …“”😀\u0301"), st.characters(codec="utf-8")
    ),
    max_size=400,
).map(lambda text: " ".join(text.split()))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # 153 is odd: a character of two units never lies across two parts.
        ("€" * 152, 2),
        ("€" * 153, 3),
        ("库" * 70, 1),
        ("库" * 71, 2),
        ("库" * 134, 2),
        ("库" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
        ("`" * 70, 1),
        ("`" * 71, 2),
    ],
)
def test_parts_are_counted_as_networks_do(text: str, parts: int) -> None:
    assert count_parts(text) == parts


def test_backtick_and_cyrillic_are_not_in_gsm_alphabet_but_braces_are() -> None:
    assert is_gsm("{x}\\^~|€ @£ñ")
    assert not is_gsm("`")
    assert not is_gsm("ж")


def test_english_page_with_link_takes_one_part() -> None:
    text = compose(
        SUBJECT,
        (LINK, "Take it: reply A7"),
        ("Accept it, or assign it to somebody.",),
    )
    assert count_parts(text) == 1
    head, link, reply = text.split("\n")
    assert (link, reply) == (LINK, "Take it: reply A7")
    assert head.startswith("[INC-20261130-000042] P1 opened: ")
    assert head.endswith("...")
    assert f"{SUBJECT} ".startswith(head.removesuffix("...") + " ")


def test_chinese_page_with_long_link_takes_two_parts_rather_than_losing_its_subject() -> None:
    text = compose("[INC-20261130-000042] P1 新登记：订单数据库不可用", (LINK,))
    assert count_parts(text) == 2
    assert text == f"[INC-20261130-000042] P1 新登记：订单数据库不可用\n{LINK}"


def test_chinese_text_is_cut_between_characters() -> None:
    text = compose("数据库" * 100, ())
    assert text == ("数据库" * 100)[:69] + "…"


def test_typographic_characters_do_not_halve_the_room() -> None:
    assert compose("“Login” – it’s slow…", ()) == '"Login" - it\'s slow...'
    assert compose("“登录” – 慢…", ()) == "“登录” – 慢…"


def test_more_is_added_only_where_it_costs_no_part() -> None:
    assert compose("short", ("link",), ("do this", "", "x" * 200, "last")) == (
        "short\nlink\ndo this\nlast"
    )


def test_word_that_is_too_long_is_cut_within_but_no_letter_loses_its_accent() -> None:
    assert compose("x" * 300, ()) == "x" * 157 + "..."
    text = compose("xж\u0306" * 60, ())
    assert text.endswith("\u0306…")
    assert count_parts(text) == 1


@given(TEXTS, st.booleans(), TEXTS)
def test_link_is_whole_and_message_is_short(subject: str, linked: bool, more: str) -> None:
    whole = (LINK,) if linked else ()
    text = compose(subject, whole, (more,))
    assert count_parts(text) <= MOST_PARTS
    assert not linked or LINK in text.split("\n")
    if not linked:
        assert count_parts(text) == 1
    if count_parts(text) > 1:
        # Another part is taken only because one shows too little of the subject.
        shown = text.split("\n", maxsplit=1)[0][:LEAST_HEAD]
        assert count_parts(f"{shown}…\n{LINK}") > 1


@given(st.text(st.sampled_from("ab {€库😀"), max_size=500))
def test_parts_agree_with_cutting_by_hand(text: str) -> None:
    if is_gsm(text):
        units = [len("\x1b" + letter if letter in EXTENDED else letter) for letter in text]
        one, each = 160, 153
    else:
        units = [len(letter.encode("utf-16-be")) // 2 for letter in text]
        one, each = 70, 67
    sent = [0]
    for unit in units:
        sent = [*sent[:-1], sent[-1] + unit] if sent[-1] + unit <= each else [*sent, unit]
    assert count_parts(text) == (1 if sum(units) <= one else len(sent))
