"""Tests of the public report form, through the whole gateway."""

import asyncio
import json
import re
from datetime import timedelta

from gateway.channels.webform.ticket import FormTicketSigner
from tests.channels.webform.forms import counted, opened
from tests.support.clock import FakeClock
from tests.support.forms import COMPLETE_FORM, Page, get, send
from tests.support.served import RunningGateway


async def vpn_ticket(gateway: RunningGateway, clock: FakeClock) -> str:
    """Return a validly signed form ticket for another service, vpn."""
    secrets = tuple(
        row["secret"] for row in await gateway.pool.fetch("SELECT secret FROM link_secret")
    )
    return FormTicketSigner(secrets).make("vpn", clock.at - timedelta(seconds=10), bytes(16))


async def test_web_report_opens_incident_with_files_and_reporter_link(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    fields = await opened(gateway, clock) | {"phone": "13912345678", "since": "2026-03-02T11:30"}
    page = await send(
        gateway.client, "/report/mail", fields, ('截图 "1".png', b"\x89PNG\r\n\x1a\n")
    )
    assert (page.status, page.heading) == (201, "We have your report")
    _, record = await gateway.get(f"/api/v1/incidents/{page.number}", "admin")
    assert (record["title"], record["description"], record["service"], record["source"]) == (
        "Mail is down",
        "Nothing comes in",
        "mail",
        "web",
    )
    assert (record["impact"], record["urgency"], record["priority"]) == ("group", "normal", 3)
    assert (record["claimed_urgency"], record["contact"]) == ("high", "ann@example.com")
    assert record["labels"] == {"language": "en", "phone": "+8613912345678"}
    assert record["occurred_at"] == "2026-03-02T11:30:00Z"
    mine = await get(gateway.client, page.link)
    assert (mine.status, mine.number) == (200, page.number)
    assert "截图" in mine.text
    assert await counted(gateway) == {
        "incident": 1,
        "receipt": 1,
        "alert_event": 1,
        "quarantine": 0,
        "attachment": 1,
    }
    text = await (await gateway.client.get("/metrics")).text()
    assert 'gateway_intake_requests_total{outcome="accepted",source="web"} 1.0' in text
    assert 'gateway_intake_items_total{outcome="opened",source="web"} 1.0' in text


OWED = "SELECT recipient, facts::text AS facts FROM outbox WHERE template = 'received' ORDER BY id"


async def test_confirmation_mail_omits_reported_text(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    for _ in range(4):
        page = await send(gateway.client, "/report/mail", await opened(gateway, clock, "zh-CN"))
    await send(
        gateway.client,
        "/report/mail",
        await opened(gateway, clock) | {"email": "", "phone": "13912345678"},
    )
    owed = await gateway.pool.fetch(OWED)
    assert [row["recipient"] for row in owed] == ["ann@example.com"] * 3
    facts = json.loads(owed[0]["facts"])
    assert facts == {"number": facts["number"], "locale": "zh-CN"}
    assert "down" not in owed[0]["facts"]
    assert page.one(r'class="address"><a href="/my/[^"]+">([^<]+)<').startswith(
        "https://gw.example/my/"
    )


async def test_repeated_form_ticket_returns_same_incident(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    fields = await opened(gateway, clock)
    both = await asyncio.gather(
        *(send(gateway.client, "/report/mail", fields, ("a.txt", b"a")) for _ in range(2))
    )
    assert sorted(one.status for one in both) == [200, 201]
    again = await send(
        gateway.client, "/report/mail", fields | {"title": "Else", "website": "x"}, ("b.txt", b"b")
    )
    clock.advance(timedelta(days=1))
    reloaded = [await send(gateway.client, "/report/mail", fields) for _ in range(6)]
    assert {one.number for one in (*both, again, *reloaded)} == {again.number}
    assert {one.status for one in (again, *reloaded)} == {200}
    assert "had already received this form" in again.text
    assert await counted(gateway) == {
        "incident": 1,
        "receipt": 9,
        "alert_event": 9,
        "quarantine": 0,
        "attachment": 1,
    }
    outcomes = await gateway.pool.fetch(
        "SELECT outcome, count(*) FROM alert_event GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in outcomes] == [("duplicate", 8), ("opened", 1)]


async def test_too_early_or_too_late_form_returns_422_and_keeps_input(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    page = await get(gateway.client, "/report/mail")
    early = await send(gateway.client, "/report/mail", COMPLETE_FORM | page.hidden)
    assert (early.status, early.hidden["ticket"] == page.hidden["ticket"]) == (422, True)
    assert "very quick" in early.text
    clock.advance(timedelta(hours=5))
    late = await send(gateway.client, "/report/mail", COMPLETE_FORM | page.hidden)
    assert (late.status, late.hidden["ticket"] == page.hidden["ticket"]) == (422, False)
    assert late.one(r'name="title" value="([^"]+)"') == "Mail is down"
    assert await counted(gateway) == {
        "incident": 0,
        "receipt": 0,
        "alert_event": 0,
        "quarantine": 0,
        "attachment": 0,
    }
    clock.advance(timedelta(seconds=5))
    assert (await send(gateway.client, "/report/mail", COMPLETE_FORM | late.hidden)).status == 201


async def test_form_without_valid_ticket_returns_422(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    fields = await opened(gateway, clock)
    for wrong in (
        "",
        "x",
        fields["ticket"].replace(".mail.", ".vpn."),
        await vpn_ticket(gateway, clock),
    ):
        page = await send(gateway.client, "/report/mail", fields | {"ticket": wrong})
        assert (page.status, page.hidden["ticket"] not in {"", wrong}) == (422, True)
    assert (await counted(gateway))["incident"] == 0


async def test_form_errors_are_shown_in_page_language(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    fields = await opened(gateway, clock, "zh-CN") | {"title": "", "email": "nobody", "impact": "x"}
    page = await send(gateway.client, "/report/mail", fields, ("a", b"1"), language="en")
    assert page.status == 422
    assert page.one(r'<html lang="([^"]+)"') == "zh-CN"
    assert page.flaws == {
        "title": "请填写此项。",
        "email": "电子邮箱格式不正确。",
        "impact": "请选择其中一项。",
        "files": "请重新选择文件。",
    }
    assert 'id="email" name="email" value="nobody"' in page.text


async def test_form_exists_only_for_enabled_known_services(gateway: RunningGateway) -> None:
    page = await get(gateway.client, "/report")
    assert "Mail &amp; more" in page.text
    assert "VPN" not in page.text
    assert "unknown" not in page.text
    answers = [
        await get(gateway.client, f"/report/{slug}")
        for slug in ("vpn", "unknown", "nothing", "x" * 500, "%00", "..%2f")
    ]
    assert {(one.status, one.text) for one in answers} == {(404, answers[0].text)}
    posted = [
        await send(gateway.client, f"/report/{slug}", COMPLETE_FORM) for slug in ("vpn", "nothing")
    ]
    assert [(one.status, one.text) for one in posted] == [(404, answers[0].text)] * 2


SCRIPT = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{'pw'*3}}"


async def test_form_input_is_escaped_in_pages(gateway: RunningGateway, clock: FakeClock) -> None:
    fields = await opened(gateway, clock)
    hostile = dict.fromkeys(
        ("title", "description", "name", "since", "phone", "impact", "lang"), SCRIPT
    )
    pages: list[Page] = [
        await send(
            gateway.client, "/report/mail", fields | hostile | {"email": SCRIPT}, (SCRIPT, b"1")
        )
    ]
    hostile = {"title": SCRIPT, "description": SCRIPT, "name": SCRIPT}
    taken = await send(
        gateway.client,
        "/report/mail",
        fields | hostile,
        ('<script>"x".html', b"<script>alert(1)</script>"),
    )
    assert taken.status == 201
    note = await get(gateway.client, taken.link)
    pages += [
        taken,
        note,
        await send(gateway.client, f"{taken.link}/note", note.hidden | {"note": SCRIPT}),
    ]
    assert "&lt;script&gt;" in pages[-1].text
    for page in pages:
        assert (
            page.text.count("<script") == page.text.count("<img") == page.text.count("pwpwpw") == 0
        )
        policy = page.answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert page.answer.headers["Cache-Control"] == "no-store"
        assert page.answer.headers["X-Frame-Options"] == "DENY"
        assert page.answer.headers["Referrer-Policy"] == "no-referrer"


async def test_pages_have_requested_language_and_labelled_fields(gateway: RunningGateway) -> None:
    for path in ("/report", "/report/mail", "/my/nothing"):
        for asked, accepted, wanted in (
            (None, "zh-CN", "zh-CN"),
            ("en", "zh-CN", "en"),
            ("zh-CN", "en", "zh-CN"),
        ):
            page = await get(gateway.client, path + (f"?lang={asked}" if asked else ""), accepted)
            assert page.one(r'<html lang="([^"]+)"') == wanted
    page = await get(gateway.client, "/report/mail")
    shown = re.findall(r'<(?:input type="(?!hidden|radio)\w[^"]*"|textarea) id="(\w+)"', page.text)
    assert set(shown) == {
        "title",
        "description",
        "since",
        "name",
        "email",
        "phone",
        "files",
        "website",
    }
    assert all(f'<label for="{name}">' in page.text for name in shown)
    assert (
        page.text.count('<label class="choice"><input type="radio"')
        == page.text.count('type="radio"')
        == 8
    )


async def test_form_refused_by_database_is_quarantined(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    await gateway.pool.execute(
        "ALTER TABLE incident ADD CONSTRAINT no_mail CHECK (title <> 'refused')"
    )
    try:
        page = await send(
            gateway.client, "/report/mail", await opened(gateway, clock) | {"title": "refused"}
        )
        assert (page.status, (await counted(gateway))["quarantine"]) == (202, 1)
    finally:
        await gateway.pool.execute("ALTER TABLE incident DROP CONSTRAINT no_mail")
