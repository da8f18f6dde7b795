"""Acknowledgements and comments in the sender's tool are recorded with author and text."""

from typing import Any

import pytest

from tests.ingest.requests import FIXTURES
from tests.ingest.test_mended_requests import gateway as gateway  # noqa: PLC0414 - the fixture
from tests.ingest.test_mended_requests import post
from tests.support.served import RunningGateway


def sent(case: str) -> bytes:
    return (FIXTURES / case / "request.http").read_bytes().partition(b"\n\n")[2]


async def told(gateway: RunningGateway) -> tuple[str, list[tuple[str, str, str]]]:
    """Return the state of the only record, and the events with a person or a note."""
    _, found = await gateway.get("/api/v1/incidents", key="read")
    (record,) = found["incidents"]
    _, line = await gateway.get(f"/api/v1/incidents/{record['number']}/timeline", key="read")
    said = [
        (one["event"], one["facts"].get("person", ""), one["facts"].get("note", ""))
        for one in line["entries"]
    ]
    return record["state"], [one for one in said if any(one[1:])]


@pytest.mark.parametrize("slug", ["nagios", "icinga"])
async def test_check_acknowledgement_and_comment_keep_author_and_text(
    gateway: RunningGateway, slug: str
) -> None:
    acknowledged = sent("nagios/who_acknowledged")
    await post(gateway, f"/ingest/{slug}", acknowledged.replace(b"ACKNOWLEDGEMENT", b"PROBLEM"))
    await post(gateway, f"/ingest/{slug}", acknowledged)
    await post(gateway, f"/ingest/{slug}", sent("nagios/commented"))
    state, said = await told(gateway)
    assert state == "in_progress"
    assert ("accepted", f"obrien ({slug})", "taking it, rebooting the array") in said
    assert [note for _, _, note in said if "building on fire" in note] == [
        f"obrien ({slug}): building on fire"
    ]


async def test_zabbix_acknowledgement_comment_and_withdrawal_are_recorded(
    gateway: RunningGateway,
) -> None:
    bodies: list[Any] = [
        sent("zabbix/who_acknowledged").replace(
            b'"event_update_status":"1"', b'"event_update_status":"0"'
        )
    ]
    bodies += [sent(f"zabbix/{case}") for case in ("who_acknowledged", "commented")]
    for body in bodies:
        await post(gateway, "/ingest/zabbix", body)
    state, said = await told(gateway)
    assert state == "in_progress"
    assert ("accepted", "Zabbix Administrator (Admin) (zabbix)", "Anna takes it") in said
    assert [note for _, _, note in said if "dump" in note] == [
        "Anna Bell (anna) (zabbix): found it: dump dir"
    ]
    await post(gateway, "/ingest/zabbix", sent("zabbix/unacknowledged"))
    assert (await told(gateway))[0] in {"logged", "assigned"}


async def test_cancelled_zabbix_escalation_resolves_alert_with_reason(
    gateway: RunningGateway,
) -> None:
    await post(gateway, "/ingest/zabbix", sent("zabbix/renamed_severity"))
    await post(gateway, "/ingest/zabbix", sent("zabbix/cancelled"))
    state, said = await told(gateway)
    assert state == "resolved"
    assert [note for _, _, note in said if "Escalation canceled" in note]
    _, found = await gateway.get("/api/v1/incidents", key="read")
    assert found["incidents"][0]["priority"] == 2
