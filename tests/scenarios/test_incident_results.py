"""Results of an incident: external records, knowledge articles, complaints, problem candidates."""

from typing import Any

import pytest

from tests.scenarios.rows import shows
from tests.support.story import Story


async def solved(story: Story, title: str, **more: Any) -> str:
    resolved = {"solution": "restarted the queue", "category": "restart"} | more.pop("resolve", {})
    number = await story.report(title, **more)
    await story.act(number, "resolve", **resolved)
    return number


KINDS = ("problem", "change", "service_request", "spare_part", "knowledge")


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=shows(f"link/{kind}")) for kind in KINDS]
)
async def test_linked_external_record_is_stored_once_and_removed(story: Story, kind: str) -> None:
    number = await story.report()
    link = {
        "kind": kind,
        "system": "itsm",
        "reference": "X-17",
        "address": "https://itsm.example.com/X-17",
        "title": "queue",
    }
    for _ in range(2):
        await story.call("POST", f"incidents/{number}/linked", link)
    assert (await story.record(number))["linked"] == [link]
    assert [event for _, event in await story.told(number)] == ["opened", "record_linked"]
    path = f"/api/v1/incidents/{number}/linked?kind={kind}&system=itsm&reference=X-17"
    assert (await story.client.delete(path, headers=story.as_key("admin"))).status == 204
    assert (await story.call("GET", f"incidents/{number}/linked"))["linked"] == []
    refused = await story.refused(
        "POST", f"incidents/{number}/linked", link | {"address": "javascript:alert(1)"}
    )
    assert refused["errors"][0]["pointer"] == "/address"


@shows("follows/knowledge")
async def test_solution_becomes_article_shown_for_similar_incident(story: Story) -> None:
    number = await solved(story, "mail queue is stuck", service="")
    article = {"title": "A stuck mail queue", "state": "published"}
    tied = (await story.call("POST", f"incidents/{number}/publish", article))["incident"]["linked"]
    assert [(link["kind"], link["system"], link["title"]) for link in tied] == [
        ("knowledge", "gateway", "A stuck mail queue")
    ]
    again = await story.report("the mail queue is stuck again")
    similar = await story.call("GET", f"incidents/{again}/similar")
    assert [one["solution"] for one in similar["articles"]] == ["restarted the queue"]
    await story.call("PATCH", f"articles/{tied[0]['reference']}", {"state": "retired"})
    assert (await story.call("GET", f"incidents/{again}/similar"))["articles"] == []


@shows("follows/similar")
async def test_similar_incidents_are_shown_with_solutions_in_both_languages(story: Story) -> None:
    english, chinese = (
        await solved(story, "mail queue is stuck"),
        await solved(story, "邮件系统无法登录"),
    )
    await solved(story, "printer out of paper")
    secret = await solved(story, "mail queue is stuck by an intruder", security=True)
    await story.join("dora", "service_desk")
    found = {
        title: (
            await story.call("GET", f"incidents/{await story.report(title)}/similar", None, "dora")
        )["incidents"]
        for title in ("mail queue stuck once more", "无法登录邮件系统")
    }
    assert [[one["number"] for one in each] for each in found.values()] == [[english], [chinese]]
    assert secret not in str(found)
    assert found["无法登录邮件系统"][0]["solution"] == "restarted the queue"


@shows("follows/complaint")
async def test_complaint_is_counted_and_director_notified_if_late_or_major(story: Story) -> None:
    await story.join("rita", "reporter")
    number, small = await story.report(key="rita"), await story.report("printer", key="rita")
    await story.until(61)
    fast = await story.report("laptop", key="rita")
    for one in (number, fast):
        await story.call(
            "POST", f"incidents/{one}/complaints", {"text": "nobody calls back"}, "rita"
        )
    assert [(await story.record(one))["complaints"] for one in (number, small, fast)] == [1, 0, 1]
    told = [tuple(row) for row in await story.gateway.pool.fetch(COMPLAINTS)]
    assert told == [(number, "director@example.com")]
    listed = (await story.call("GET", "complaints"))["complaints"]
    assert [(one["number"], one["complainant"]) for one in listed] == [
        (fast, "rita"),
        (number, "rita"),
    ]


COMPLAINTS = """
SELECT i.number, o.recipient FROM outbox o JOIN incident i ON i.id = o.incident_id
WHERE o.template = 'complaint'
"""


@pytest.mark.parametrize(
    ("reason", "record", "resolve"),
    [
        pytest.param("cause_unknown", {}, {"category": ""}, marks=shows("candidate/cause_unknown")),
        pytest.param("major", {"impact": "business"}, {}, marks=shows("candidate/major")),
        pytest.param(
            "workaround", {}, {"resolution": "workaround"}, marks=shows("candidate/workaround")
        ),
        pytest.param(
            "capacity",
            {"category": "capacity"},
            {"resolution": "vanished"},
            marks=shows("candidate/capacity"),
        ),
    ],
)
async def test_single_incident_becomes_problem_candidate(
    story: Story, reason: str, record: dict[str, str], resolve: dict[str, str]
) -> None:
    plain = await solved(story, "printer")
    number = await solved(story, "mail is slow", **record, resolve=resolve)
    proposed = (await story.call("GET", "problem-candidates"))["candidates"]
    assert {number: reason in proposed[0]["reasons"]} == {
        one["incidents"][0]: True for one in proposed
    }
    assert plain not in str(proposed)


@shows("candidate/recurring")
async def test_three_similar_incidents_in_seven_days_become_problem_candidate(story: Story) -> None:
    await solved(story, "mail is slow", category="mail")
    await story.until(4 * 24 * 60)
    await solved(story, "mail is slow", category="mail")
    assert (await story.call("GET", "problem-candidates"))["candidates"] == []
    await story.until(6 * 24 * 60)
    await solved(story, "mail is slow", category="mail")
    assert [
        one["reasons"] for one in (await story.call("GET", "problem-candidates"))["candidates"]
    ] == [["recurring"]]
    await story.until(8 * 24 * 60)
    assert (await story.call("GET", "problem-candidates"))["candidates"] == []
