"""The fields of a web form are read as a report, or refused with the flaws."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gateway.channels.email.posted import FormField
from gateway.channels.webform.reading import (
    FilledForm,
    make_report,
    parse_form,
    spam_reason,
    validate_form,
)
from gateway.settings import load
from gateway.vocabulary import Impact, Urgency
from tests.support.clock import NOON

RULES = load(None, {}).form
WHOLE = {
    "title": "Mail  is\ndown",
    "description": "since I came",
    "impact": "group",
    "urgency": "urgent",
    "email": "Ann@example.com",
}


def form(**said: str) -> FilledForm:
    return FilledForm(WHOLE | said, ())


def wrong(filled_in: FilledForm, **rules: Any) -> dict[str, str]:
    _, flaws = validate_form(filled_in, msgspec.structs.replace(RULES, **rules), each=2**20)
    return {name: flaw.word for name, flaw in flaws.items()}


def test_form_becomes_report() -> None:
    told, flaws = validate_form(form(phone="13912345678", name=" Ann  Bo "), RULES, each=1)
    assert (told is not None, flaws) == (True, {})
    assert told
    made = make_report(told, "mail", "zh-CN", RULES, NOON)
    assert (made.title, made.description, made.impact, made.urgency) == (
        "Mail is down",
        "since I came",
        "group",
        "urgent",
    )
    assert (made.contact, made.contact_name, made.service, made.source) == (
        "ann@example.com",
        "Ann Bo",
        "mail",
        "web",
    )
    assert made.labels == {"language": "zh-CN", "phone": "+8613912345678"}
    assert made.occurred_at is None


def test_phone_extension_is_accepted_only_beside_email() -> None:
    told, flaws = validate_form(form(phone="1001"), RULES, each=1)
    assert (told is not None and told.phone, flaws) == ("1001", {})
    assert (
        validate_form(form(email="", phone="1001"), RULES, each=1)[1]["phone"].word == "bad_phone"
    )


def test_phone_alone_is_sufficient_contact() -> None:
    told, _ = validate_form(form(email="", phone="+1 650 253 0000"), RULES, each=1)
    assert told
    assert told.contact == "+16502530000"
    assert make_report(told, "mail", "en", RULES, NOON).labels == {"language": "en"}


@pytest.mark.parametrize(
    ("said", "flaws"),
    [
        ({"title": ""}, {"title": "missing"}),
        ({"title": "x" * 201}, {"title": "too_long"}),
        ({"description": "", "impact": ""}, {"description": "missing", "impact": "missing"}),
        (
            {"description": "x" * 20_001, "name": "x" * 201},
            {"description": "too_long", "name": "too_long"},
        ),
        ({"impact": "galaxy", "urgency": "\0"}, {"impact": "bad_choice", "urgency": "bad_choice"}),
        ({"email": ""}, {"contact": "unreachable"}),
        ({"email": "nobody", "phone": "1"}, {"email": "bad_email", "phone": "bad_phone"}),
        ({"since": "yesterday"}, {"since": "bad_since"}),
    ],
)
def test_invalid_form_fields_are_reported(said: dict[str, str], flaws: dict[str, str]) -> None:
    assert wrong(form(**said)) == flaws


def test_file_count_and_size_are_limited() -> None:
    files = FilledForm(WHOLE, (("a", b"1"), ("b", b"2")))
    assert wrong(files, max_files=2) == {}
    assert wrong(files, max_files=1) == {"files": "too_many_files"}
    assert wrong(FilledForm(WHOLE, (("a", bytes(2**20 + 1)),))) == {"files": "file_too_large"}


def test_start_time_is_read_in_configured_time_zone() -> None:
    rules = msgspec.structs.replace(RULES, zone="Asia/Shanghai")
    told, _ = validate_form(form(since="2026-03-02T19:00"), rules, each=1)
    assert told
    assert told.since is not None
    now = told.since + timedelta(hours=1)
    assert f"{told.since:%H:%M%z}" == "19:00+0800"
    assert make_report(told, "mail", "en", rules, now).occurred_at == told.since
    later = make_report(told, "mail", "en", rules, now + timedelta(days=1))
    assert (later.occurred_at, later.description) == (
        None,
        "Since 2026-03-02 11:00 UTC (told later)\n\nsince I came",
    )


def test_impact_is_capped_by_settings() -> None:
    capped = msgspec.structs.replace(RULES, impact_at_most=Impact.GROUP)
    told, _ = validate_form(form(impact="business"), capped, each=1)
    assert told
    assert make_report(told, "mail", "en", capped, NOON).impact is Impact.GROUP
    assert make_report(told, "mail", "en", RULES, NOON).impact is Impact.BUSINESS
    assert told.urgency is Urgency.URGENT


def test_form_fields_are_cleaned_and_unselected_file_is_dropped() -> None:
    fields = [
        FormField("title", None, b" a\r\nb\0 "),
        FormField("files", "", b""),
        FormField("files", "x.txt", b""),
        FormField("other", "y", b"1"),
    ]
    assert parse_form(fields) == FilledForm({"title": "a\nb"}, (("x.txt", b""),))


def test_redisplayed_form_text_is_truncated() -> None:
    assert len(form(title="x" * 10**6).shown()["title"]) < 30_000


def test_honeypot_field_or_many_links_raise_suspicion() -> None:
    assert spam_reason(form(), RULES) == ""
    assert spam_reason(form(website="x"), RULES) == "a field that people do not see was filled in"
    few = "see http://a.example and www.b.example"
    assert spam_reason(form(description=few), RULES) == ""
    assert spam_reason(form(description=few * 3), RULES) == "6 addresses of web pages in one report"
