"""The states of a record, the reasons of a hold, and the ways to end."""

import pytest

from tests.scenarios.rows import shows
from tests.support.story import Story

WAYS: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "logged": (),
    "assigned": (("assign", {"group": "mail"}),),
    "in_progress": (("assign", {"group": "mail"}), ("accept", {"person": "bob"})),
    "on_hold": (("hold", {"reason": "awaiting_user"}),),
    "escalated": (("assign", {"group": "mail"}), ("escalate", {"to": "tier3"})),
    "resolved": (("resolve", {"solution": "restarted"}),),
    "closed": (("resolve", {"solution": "restarted"}), ("close", {})),
    "rejected": (("reject", {"note": "not agreed"}),),
}
"""The shortest sequence of actions to every state."""

RUNNING = {
    "logged": {"desk", "overall"}, "assigned": {"tier2", "overall"},
    "in_progress": {"tier2", "overall"}, "on_hold": set(), "escalated": {"escalated", "overall"},
    "resolved": set(), "closed": set(), "rejected": set(),
}  # fmt: skip


@pytest.mark.parametrize(
    "state", [pytest.param(state, marks=shows(f"state/{state}")) for state in WAYS]
)
async def test_every_state_is_reachable_and_has_its_clocks(story: Story, state: str) -> None:
    await story.hire("mail", "bob")
    number = await story.report()
    for minute, (action, body) in enumerate(WAYS[state], 1):
        await story.until(minute)
        await story.act(number, action, **body)
    await story.until(4)
    record = await story.record(number)
    assert record["state"] == state
    running = {
        clock["name"]
        for clock in record["sla"]["clocks"]
        if clock["state"] == "running" and clock["target_s"]
    }
    assert running == RUNNING[state]


REASONS = ("awaiting_user", "user_unreachable", "awaiting_vendor", "force_majeure")


@shows("word/on hold", "clock/pauses on hold")
@pytest.mark.parametrize(
    "reason", [pytest.param(reason, marks=shows(f"hold/{reason}")) for reason in REASONS]
)
async def test_hold_has_reason_stops_clocks_and_ends_at_its_date(story: Story, reason: str) -> None:
    number = await story.report()
    await story.until(2)
    held = await story.act(
        number, "hold", reason=reason, until="2026-03-02T13:00:00Z", note="until one"
    )
    assert held["hold"] == {"reason": reason, "until": "2026-03-02T13:00:00Z", "vendor": None}
    assert {
        clock["state"] for clock in held["sla"]["clocks"] if clock["name"] in ("desk", "overall")
    } == {"paused"}
    await story.until(61)
    record = await story.record(number)
    assert (record["state"], record["hold"]) == ("logged", None)
    assert {
        clock["elapsed_s"]
        for clock in record["sla"]["clocks"]
        if clock["name"] in ("desk", "overall")
    } == {180.0}


async def test_a_hold_without_a_reason_is_refused(story: Story) -> None:
    number = await story.report()
    assert (await story.refused("POST", f"incidents/{number}/hold", {"note": "later"}))[
        "status"
    ] in (400, 422)


CANDIDATE = {"workaround": [["workaround"]], "vanished": [["cause_unknown"]]}


@shows("word/workaround")
@pytest.mark.parametrize(
    "code",
    [
        pytest.param(code, marks=shows(f"resolution/{code}"))
        for code in ("solved", "workaround", "vanished", "cancelled")
    ],
)
async def test_resolution_code_is_kept_with_category_and_solution(story: Story, code: str) -> None:
    number = await story.report()
    done = await story.act(
        number, "resolve", resolution=code, category="part replaced", solution="a new fan"
    )
    assert (done["resolution"], done["resolution_category"], done["solution"]) == (
        code,
        "part replaced",
        "a new fan",
    )
    entry = (await story.call("GET", f"incidents/{number}/timeline"))["entries"][-1]
    assert (entry["event"], entry["facts"]["resolution"]) == ("resolved", code)
    candidates = (await story.call("GET", "problem-candidates"))["candidates"]
    assert [one["reasons"] for one in candidates if number in one["incidents"]] == CANDIDATE.get(
        code, []
    )


@shows("closure/manual", "rule/desk solves at once")
async def test_desk_resolves_at_once_and_closes_manually(story: Story) -> None:
    number = await story.report()
    await story.until(3)
    solved = await story.act(number, "resolve", solution="told them how")
    assert (solved["state"], solved["tier"], solved["sla"]["breached"]) == ("resolved", "1", False)
    closed = await story.act(number, "close")
    assert (closed["state"], closed["closure"]) == ("closed", "manual")
    await story.until(60 * 24 * 3)
    assert [event for _, event in await story.told(number)][-2:] == ["resolved", "closed"]


@shows("closure/automatic", "rule/automatic close")
async def test_resolved_incident_closes_automatically_after_48_hours(story: Story) -> None:
    number = await story.report()
    await story.until(3)
    await story.act(number, "resolve", solution="restarted")
    await story.until(3 + 48 * 60 - 0.1)
    assert (await story.record(number))["state"] == "resolved"
    await story.until(3 + 48 * 60 + 5)
    record = await story.record(number)
    assert (record["state"], record["closure"]) == ("closed", "automatic")


@pytest.mark.parametrize(
    "rating", [pytest.param(rating, marks=shows(f"satisfaction/{rating}")) for rating in (3, 2, 1)]
)
async def test_rating_is_kept_with_its_comment(story: Story, rating: int) -> None:
    number = await story.report()
    await story.act(number, "resolve", solution="restarted")
    await story.act(number, "confirm")
    assert (await story.act(number, "rate", satisfaction=rating, note="took long"))[
        "satisfaction"
    ] == rating
    entry = (await story.call("GET", f"incidents/{number}/timeline"))["entries"][-1]
    assert (entry["event"], entry["facts"]["satisfaction"], entry["facts"]["note"]) == (
        "rated",
        rating,
        "took long",
    )


CATEGORIES = ("information", "hardware_software", "access", "standard_change")


@shows("word/service request")
@pytest.mark.parametrize(
    "category",
    [pytest.param(category, marks=shows(f"request/{category}")) for category in CATEGORIES],
)
async def test_every_request_category_has_request_targets(story: Story, category: str) -> None:
    number = await story.report(kind="service_request", request_category=category, urgency="urgent")
    record = await story.record(number)
    assert (record["kind"], record["request_category"], record["sla"]["policy"]) == (
        "service_request",
        category,
        "requests",
    )
    assert {
        clock["name"]: clock["target_s"] for clock in record["sla"]["clocks"] if clock["target_s"]
    } == {
        "desk": 3600.0,
        "tier2": 7200.0,
        "overall": 10800.0,
    }
