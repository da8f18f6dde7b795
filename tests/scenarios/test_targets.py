"""The other shipped SLA policies, row by row, service requests, and targets of a service.

Noon in UTC is eight p.m. in Shanghai.
"""

from typing import Any

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.rows import shows
from tests.scenarios.test_promises import breaches, reported
from tests.support.story import Story

DAY = 24 * 60


def under(policy: str) -> str:
    return f'[sla]\ndefault = "{policy}"\n'


def clocks(record: dict[str, Any]) -> dict[str, Any]:
    return {clock["name"]: clock for clock in record["sla"]["clocks"]}


@pytest.mark.parametrize(
    ("priority", "response", "overall"),
    [
        pytest.param(p, r, o, marks=shows(f"target/business-hours/{p}"))
        for p, r, o in ((1, 24, 48), (2, 24, 72), (3, 24, 96), (4, 48, 150))
    ],
)
async def test_business_hours_policy_counts_only_working_hours(
    telling: Telling, priority: int, response: int, overall: int
) -> None:
    async with telling(under("business-hours")) as story:
        number = await reported(story, priority)
        read = clocks(await story.record(number))
        assert (read["response"]["target_s"], read["overall"]["target_s"]) == (
            response * 3600,
            overall * 3600,
        )
        await story.until(13 * 60)
        assert clocks(await story.record(number))["overall"]["elapsed_s"] == 0
        await story.until(14 * 60)
        assert clocks(await story.record(number))["overall"]["elapsed_s"] == 3600
        await story.until(40 * DAY)
        assert set(await breaches(story, number)) == {"response", "overall"}


@pytest.mark.parametrize(
    ("priority", "steps"),
    [
        pytest.param(
            1, [(0, "leader"), (0, "manager")], marks=shows("target/severity-ladder/major")
        ),
        pytest.param(
            3,
            [(120, "manager"), (240, "director"), (240, "operations")],
            marks=shows("target/severity-ladder/general"),
        ),
        pytest.param(
            4,
            [(240, "manager"), (480, "director"), (480, "operations")],
            marks=shows("target/severity-ladder/minor"),
        ),
    ],
)
async def test_escalation_ladder_is_climbed_until_resolution(
    telling: Telling, priority: int, steps: list[tuple[int, str]]
) -> None:
    async with telling(under("severity-ladder")) as story:
        number = await reported(story, priority)
        heard: list[tuple[int, str]] = []
        for minute in sorted({minute for minute, _ in steps}):
            await story.until(max(0, minute - 1))
            assert minute == 0 or story.mailbox.arrived.empty()
            await story.until(minute)
            here = await story.mails(len([at for at, _ in steps if at == minute]))
            heard += [(minute, to.partition("@")[0]) for to, subject in here if number in subject]
        assert heard == steps
        assert not await breaches(story, number)


FIRST, LAST = 13 * 60, 13 * 60 - 15 * 60
"""Minutes to the first working minute, and from the last one of a day to that of the next."""


@pytest.mark.parametrize(
    ("urgency", "desk", "tier2", "overall"),
    [
        pytest.param(
            "urgent", FIRST + 60, FIRST + 120, FIRST + 180, marks=shows("target/requests/urgent")
        ),
        pytest.param(
            "normal",
            LAST + DAY,
            LAST + 2 * DAY,
            LAST + 3 * DAY,
            marks=shows("target/requests/normal"),
        ),
    ],
)
async def test_request_targets_are_working_hours_or_days(
    story: Story, urgency: str, desk: int, tier2: int, overall: int
) -> None:
    ask = {"kind": "service_request", "request_category": "access", "urgency": urgency}
    left, given = await story.report(**ask), await story.report(**ask)
    await story.hire("access")
    await story.act(given, "assign", group="access")
    await story.until(5 * DAY)
    assert await breaches(story, left) == {"desk": desk, "overall": overall}
    assert await breaches(story, given) == {"tier2": tier2, "overall": overall}


async def test_urgent_information_request_does_not_notify_management(story: Story) -> None:
    number = await story.report(
        kind="service_request", request_category="information", impact="company", urgency="urgent"
    )
    assert [event for _, event in await story.told(number)] == ["opened"]


@shows("target/service's own")
async def test_service_targets_override_policy(story: Story) -> None:
    own = {"slug": "shop", "name": "Shop", "targets": {"3": {"overall": "15m"}}}
    await story.call("POST", "services", own)
    await story.gateway.uow.catalogue.refresh(story.gateway.pool, story.clock.stamp())
    number, other = await story.report(service="shop"), await story.report(service="mail")
    await story.until(61)
    assert (await breaches(story, number))["overall"] == 15
    assert (await breaches(story, other))["overall"] == 60


@shows("clock/response", "word/response time")
async def test_response_time_ends_at_first_acceptance(story: Story) -> None:
    number = await story.report()
    await story.until(7)
    await story.act(number, "note", note="an update is no response")
    await story.until(9)
    await story.hire("mail", "bob", "eve")
    await story.act(number, "accept", person="bob")
    await story.until(20)
    await story.act(number, "assign", person="eve")
    await story.act(number, "accept", person="eve")
    record = await story.record(number)
    assert record["responded_at"] == "2026-03-02T12:09:00Z"
    assert clocks(record)["response"]["elapsed_s"] == 540
