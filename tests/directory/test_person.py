"""The fields of a person are validated and normalized."""

import pytest

from gateway.directory import person
from gateway.errors import Unprocessable


@pytest.mark.parametrize(
    "text", ["+8613800138000", "+86 138-0013-8000", "+1 (555) 010.0123", "+49/30/1234567"]
)
def test_phone_number_is_normalised(text: str) -> None:
    kept = person.phone(text)
    assert kept[0] == "+"
    assert kept[1:].isdecimal()


@pytest.mark.parametrize(
    "text",
    ["13800138000", "+0123456789", "+123", "+1234567890123456", "call me", "+86138００138000"],
)
def test_invalid_phone_number_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable):
        person.phone(text)


@pytest.mark.parametrize("text", ["a", "a@", "@b", "a@b\r\nBcc: c@d", "a b@c", "a@b,c@d", "<a@b>"])
def test_invalid_email_address_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable):
        person.email(text)


def test_empty_phone_and_email_stay_empty() -> None:
    assert (person.phone(" "), person.email("")) == ("", "")


def test_time_zone_must_exist() -> None:
    assert person.zone("Asia/Shanghai") == "Asia/Shanghai"
    with pytest.raises(Unprocessable):
        person.zone("Shanghai")


def test_reserved_login_is_refused() -> None:
    with pytest.raises(Unprocessable):
        person.login("gateway")


def test_skills_are_normalised_and_deduplicated() -> None:
    assert person.normalize_skills([" Oracle", "linux", "ORACLE", ""]) == ["linux", "oracle"]


def test_ordinary_login_is_accepted_and_reserved_one_refused() -> None:
    assert person.login("ann") == "ann"
    with pytest.raises(Unprocessable):
        person.login("gateway")
