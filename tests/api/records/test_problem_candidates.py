"""Tests of problem candidates over the API."""

from gateway.directory.roles import Role
from tests.support.api import Api

PATH = "/api/v1/problem-candidates"


async def test_recurring_incidents_become_problem_candidate(api: Api) -> None:
    titles = ("mail is slow", "balances are wrong", "please grant me access")
    numbers = [
        (await api.incident(service="mail", category="queue", title=title))["number"]
        for title in titles
    ]
    await api.incident(service="web")
    status, answer = await api.call("GET", PATH, scope="read")
    proposed = {
        "service": "mail",
        "ci": "",
        "category": "queue",
        "reasons": ["recurring"],
        "incidents": numbers[::-1],
    }
    assert (status, answer) == (200, {"candidates": [proposed], "cut": False})


async def test_security_incidents_propose_no_problem_to_unprivileged_staff(api: Api) -> None:
    for _ in range(3):
        await api.incident(service="vault", security=True)
    await api.person("tia", Role.TIER2)
    assert (await api.call("GET", PATH, scope="tia"))[1]["candidates"] == []
    assert len((await api.call("GET", PATH))[1]["candidates"]) == 1


async def test_reporter_cannot_read_problem_candidates(api: Api) -> None:
    await api.person("rep", Role.REPORTER)
    assert (await api.call("GET", PATH, scope="rep"))[0] == 403
    assert (await api.call("GET", PATH + "?days=0"))[0] == 400
