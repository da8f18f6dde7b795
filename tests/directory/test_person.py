"""What may be written of a person."""

import pytest

from gateway.directory import person
from gateway.errors import Unprocessable


@pytest.mark.parametrize("text", ["+8613800138000", "+86 138-0013-8000", "+1 (555) 010.0123", "+49/30/1234567"])
def test_a_number_is_kept_as_the_telephone_dials_it(text: str) -> None:
    kept = person.phone(text)
    assert kept[0] == "+"
    assert kept[1:].isdecimal()


@pytest.mark.parametrize("text", ["13800138000", "+0123456789", "+123", "+1234567890123456", "call me", "+86138００138000"])
def test_a_number_that_no_exchange_knows_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable):
        person.phone(text)


@pytest.mark.parametrize("text", ["a", "a@", "@b", "a@b\r\nBcc: c@d", "a b@c", "a@b,c@d", "<a@b>"])
def test_an_address_that_would_break_a_header_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable):
        person.email(text)


def test_nothing_is_kept_where_nothing_is_said() -> None:
    assert (person.phone(" "), person.email("")) == ("", "")


def test_a_time_zone_exists() -> None:
    assert person.zone("Asia/Shanghai") == "Asia/Shanghai"
    with pytest.raises(Unprocessable):
        person.zone("Shanghai")


def test_nobody_is_called_what_timelines_call_others() -> None:
    with pytest.raises(Unprocessable):
        person.login("gateway")


def test_skills_are_compared_without_their_dress() -> None:
    assert person.words([" Oracle", "linux", "ORACLE", ""]) == ["linux", "oracle"]


def test_a_login_is_none_of_the_words_that_timelines_use() -> None:
    assert person.login("ann") == "ann"
    with pytest.raises(Unprocessable):
        person.login("gateway")
