"""Tests of knowledge articles over the API."""

from gateway.directory.roles import Role
from tests.support.api import Api


async def test_article_of_security_incident_is_visible_only_to_security_roles(api: Api) -> None:
    number, new = [(await api.incident(title="Token leaked"))["number"] for _ in range(2)]
    await api.call("POST", f"/api/v1/incidents/{number}/resolve", {"solution": "renew it"})
    made = (await api.call("POST", f"/api/v1/incidents/{number}/publish", {"state": "published"}))[
        1
    ]
    one = f"/api/v1/articles/{made['incident']['linked'][0]['reference']}"
    await api.person("tia", Role.TIER2)
    for flagged, status, count in ((False, 200, 1), (True, 404, 0)):
        await api.call("PATCH", f"/api/v1/incidents/{number}", {"security": flagged})
        assert (await api.call("GET", one, scope="tia"))[0] == status
        assert (await api.call("PATCH", one, {"symptom": f"{flagged}"}, scope="tia"))[0] == status
        assert len((await api.call("GET", "/api/v1/articles", scope="tia"))[1]["articles"]) == count
        assert (
            len(
                (await api.call("GET", f"/api/v1/incidents/{new}/similar", scope="tia"))[1][
                    "articles"
                ]
            )
            == count
        )
    assert (await api.call("GET", one))[0] == 200


async def test_article_change_is_recorded_in_incident_timeline(api: Api) -> None:
    number = (await api.incident())["number"]
    await api.call("POST", f"/api/v1/incidents/{number}/resolve", {"solution": "renew it"})
    made = (await api.call("POST", f"/api/v1/incidents/{number}/publish", {}))[1]["incident"]
    article = int(made["linked"][0]["reference"])
    status, changed = await api.call(
        "PATCH", f"/api/v1/articles/{article}", {"state": "published"}, headers={"If-Match": '"1"'}
    )
    assert (status, changed["state"]) == (200, "published")
    assert (
        await api.call(
            "PATCH", f"/api/v1/articles/{article}", {"title": "x"}, headers={"If-Match": '"1"'}
        )
    )[0] == 412
    last = (await api.call("GET", f"/api/v1/incidents/{number}/timeline"))[1]["entries"][-1]
    assert (last["seq"], last["event"]) == (made["version"] + 1, "article_changed")
    assert last["facts"] == {
        "article": article,
        "state_of_article": "published",
        "fields": ["state"],
    }
