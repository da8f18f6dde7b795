"""Steps of the tests that send Slack calls to a gateway and read the resulting records."""

import json
from typing import Any

from tests.channels.chat.slack_calls import FORM, a_command, signed
from tests.support.served import RunningGateway

SIGNING = "a-secret-of-links-with-32-letters"


async def said(
    gateway: RunningGateway, body: bytes, kind: str = "application/json", **headers: str
) -> tuple[int, Any]:
    path = f"/ingest/chat/slack/{gateway.keys['ingest']}"
    answer = await gateway.client.post(path, data=body, headers=signed(body, kind=kind) | headers)
    text = await answer.text()
    return answer.status, json.loads(text) if text.startswith("{") else text


async def told(gateway: RunningGateway, text: str, trigger: str = "1", **more: str) -> str:
    """Send a slash command and return the text of the response."""
    status, answer = await said(gateway, a_command(text, trigger, **more), FORM)
    assert status == 200
    return str(answer["blocks"][0]["text"]["text"])


async def record(gateway: RunningGateway) -> Any:
    (one,) = await gateway.pool.fetch("SELECT * FROM incident")
    return one


async def outcomes(gateway: RunningGateway) -> list[tuple[str, str]]:
    found = await gateway.pool.fetch(
        "SELECT outcome, reason FROM alert_event ORDER BY received_at, receipt_id"
    )
    return [(row["outcome"], row["reason"]) for row in found]


async def known(
    gateway: RunningGateway, login: str, *roles: str, user: str = "U2147483697"
) -> None:
    person = {
        "login": login,
        "name": login.title(),
        "roles": roles,
        "email": f"{login}@example.com",
    }
    assert (await gateway.post("/api/v1/people", person, "admin")).status == 201
    account = {"provider": "slack", "tenant": "T123ABC456", "user": user}
    assert (await gateway.post(f"/api/v1/people/{login}/chats", account, "admin")).status == 201
