"""Tests of message templates over the API."""

from typing import Any

import pytest

from tests.support.api import Api

TEMPLATES = "/api/v1/templates"
OPENED = f"{TEMPLATES}/opened/smtp/en"


async def test_template_is_set_listed_previewed_and_deleted(api: Api) -> None:
    words = {"subject": "New: {{ number }}", "body": "{{ title }}, {{ service }}"}
    status, made = await api.call("PUT", OPENED, words)
    assert (status, made["body"], made["updated_by"]) == (200, words["body"], "admin")
    _, listed = await api.call("GET", TEMPLATES)
    assert listed["templates"] == [made]
    assert {"*", "opened", "unacknowledged"} <= set(listed["events"])
    assert {"*", "smtp", "slack"} <= set(listed["channels"])
    ask = {"event": "opened", "channel": "smtp"}
    _, shown = await api.call("POST", f"{TEMPLATES}/preview", ask)
    assert shown["text"] == "Checkout answers slowly, shop\n"
    _, other = await api.call("POST", f"{TEMPLATES}/preview", ask | {"channel": "slack"})
    assert other["text"].startswith("opened\n")
    assert (await api.call("DELETE", OPENED))[0] == 204
    assert (await api.call("DELETE", OPENED))[0] == 404


async def test_preview_shows_a_record_in_a_zone_and_a_language(api: Api) -> None:
    incident = await api.incident(title="disk full", impact="group")
    ask = {"event": "opened", "number": incident["number"], "body": "{{ number }} {{ title }}"}
    _, shown = await api.call("POST", f"{TEMPLATES}/preview", ask)
    assert shown["text"] == f"{incident['number']} disk full\n"
    usual = {"event": "sla_breached", "locale": "zh-CN", "zone": "Asia/Shanghai"}
    _, chinese = await api.call("POST", f"{TEMPLATES}/preview", usual)
    assert "20:30:00 Asia/Shanghai（30 分钟后）" in chinese["text"]


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"event": "opened", "body": "{{ nothing }}"}, 422, "cannot be rendered"),
        ({"event": "opened", "body": "{{ title() }}"}, 422, "cannot be used"),
        ({"event": "opened", "zone": "Nowhere"}, 422, "no time zone"),
        ({"event": "opened", "number": "INC-20260302-999999"}, 404, "no record"),
        ({"event": "none"}, 400, ""),
    ],
)
async def test_impossible_preview_is_refused(
    api: Api, sent: dict[str, Any], status: int, words: str
) -> None:
    code, problem = await api.call("POST", f"{TEMPLATES}/preview", sent)
    assert code == status
    assert words in problem["detail"]


async def test_template_for_unknown_place_or_with_flaw_is_refused(api: Api) -> None:
    for place in ("none/smtp/en", "opened/none/en", "opened/smtp/fr"):
        assert (await api.call("PUT", f"{TEMPLATES}/{place}", {"body": "x"}))[0] == 404
    code, problem = await api.call("PUT", OPENED, {"body": "{{ a * b }}"})
    assert (code, problem["errors"][0]["pointer"]) == (422, "/body")
    assert (await api.call("PUT", OPENED, {"body": "x"}, scope="write"))[0] == 403
