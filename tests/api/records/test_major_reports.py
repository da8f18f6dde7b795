"""A resolved major incident needs a report, which somebody other than its author approves."""

from gateway.directory.roles import Role
from tests.support.api import Api


async def over(api: Api) -> str:
    """Resolve a new major incident and return the path of its report."""
    number = (await api.incident(impact="business", urgency="urgent"))["number"]
    assert (await api.call("GET", f"/api/v1/incidents/{number}/report"))[0] == 404
    assert (await api.call("PUT", f"/api/v1/incidents/{number}/report", {"text": "early"}))[
        0
    ] == 409
    await api.call("POST", f"/api/v1/incidents/{number}/resolve", {"solution": "restarted"})
    return f"/api/v1/incidents/{number}/report"


async def test_major_incident_report_is_drafted_written_and_approved(api: Api) -> None:
    path = await over(api)
    await api.person("tia", Role.TIER2)
    await api.person("lea", Role.LEADER)
    status, drafted = await api.call("GET", path + "?locale=zh-CN", scope="lea")
    assert (status, drafted["status"], "restarted" in drafted["text"]) == (200, "due", True)
    assert (await api.call("POST", path + "/approve"))[0] == 409
    assert (await api.call("PUT", path, {"text": "final"}, scope="tia"))[1]["written_by"] == "tia"
    assert (await api.call("POST", path + "/approve", scope="tia"))[0] == 403
    assert (await api.call("POST", path + "/approve"))[1]["status"] == "approved"
    assert (await api.call("PUT", path, {"text": "other"}, scope="tia"))[0] == 409
    assert (await api.call("GET", path, scope="lea"))[1]["text"] == "final"


async def test_author_cannot_approve_own_major_incident_report(api: Api) -> None:
    path = await over(api)
    await api.person("max", Role.INCIDENT_MANAGER)
    await api.call("PUT", path, {"text": "mine"}, scope="max")
    assert (await api.call("POST", path + "/approve", scope="max"))[0] == 403


async def test_management_is_notified_once_of_major_declaration(api: Api) -> None:
    number = (await api.incident(impact="individual", urgency="low"))["number"]
    for _ in range(2):
        await api.call(
            "POST", f"/api/v1/incidents/{number}/declare_major", {"reason": "the board asks"}
        )
    entries = (await api.call("GET", f"/api/v1/incidents/{number}/timeline"))[1]["entries"]
    told = [one["facts"] for one in entries if one["event"] == "management_told"]
    declared = [one["roles"] for one in told if one["cause"] == "declared_major"]
    assert declared == [
        ["incident_manager", "operations_manager", "director", "management_system_owner"]
    ]
