"""Requests as Slack makes them."""

import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from gateway.channels.chat.contract import ChatRequest
from gateway.timing.clock import SystemClock

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BOT = "U0LAN0Z89"
FORM = "application/x-www-form-urlencoded"


def signed(
    body: bytes, at: datetime | None = None, secret: str = SECRET, kind: str = "application/json"
) -> dict[str, str]:
    stamp = str(int((at or SystemClock().now()).timestamp()))
    mark = hmac.digest(secret.encode(), f"v0:{stamp}:".encode() + body, "sha256").hex()
    return {
        "content-type": kind,
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={mark}",
    }


def a_call(
    body: bytes, at: datetime, headers: dict[str, str] | None = None, kind: str = "application/json"
) -> ChatRequest:
    return ChatRequest(headers or signed(body, at, kind=kind), {}, body, at)


def a_message(text: str, ts: str = "1355517523.000005", **more: Any) -> bytes:
    """Return a message event, in a direct conversation unless `more` says otherwise.

    `team` and `outer` set fields of the envelope around the event.
    """
    outer = {"team_id": more.pop("team", "T123ABC456"), **more.pop("outer", {})}
    event = {
        "type": "message",
        "channel": "D024BE91L",
        "user": "U2147483697",
        "text": text,
        "ts": ts,
        "event_ts": ts,
        "channel_type": "im",
    } | more
    return json.dumps(
        {
            "token": "one-long-verification-token",
            "api_app_id": "A0FFV41KK",
            "event": event,
            "type": "event_callback",
            "authed_teams": [],
            "event_id": f"Ev{ts}",
            "event_time": int(float(ts)),
            "authorizations": [
                {"enterprise_id": None, "team_id": "T123ABC456", "user_id": BOT, "is_bot": True}
            ],
            **outer,
        }
    ).encode()


def a_command(
    text: str, trigger: str = "13345224609.738474920.8088930838d88f008e0", **more: str
) -> bytes:
    fields = {
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "team_id": "T123ABC456",
        "team_domain": "example",
        "channel_id": "C2147483705",
        "channel_name": "ops",
        "user_id": "U2147483697",
        "user_name": "Steve",
        "command": "/incident",
        "text": text,
        "response_url": "https://hooks.slack.com/commands/1234/5678",
        "trigger_id": trigger,
        "api_app_id": "A123456",
    }
    return urlencode(fields | more).encode()


def a_press(action: str, token: str, ts: str = "1548426417.840180", **more: Any) -> bytes:
    payload = {
        "type": "block_actions",
        "team": {"id": "T123ABC456", "domain": "example"},
        "user": {
            "id": "U2147483697",
            "username": "steve",
            "name": "steve",
            "team_id": "T123ABC456",
        },
        "api_app_id": "AABA1ABCD",
        "token": "9s8d9as89d8as9d8as989",
        "container": {
            "type": "message",
            "message_ts": "1548261231.000200",
            "channel_id": "CBR2V3XEX",
            "is_ephemeral": False,
        },
        "trigger_id": f"12321423423.333649436676.{ts}",
        "channel": {"id": "CBR2V3XEX", "name": "ops"},
        "message": {
            "bot_id": "BAH5CA16Z",
            "type": "message",
            "text": "x",
            "user": BOT,
            "ts": "1548261231.000200",
        },
        "response_url": "https://hooks.slack.com/actions/AABA1ABCD/1232321423432/D09sSasdasdAS9091209",
        "actions": [
            {
                "action_id": action,
                "block_id": "=qXel",
                "text": {"type": "plain_text", "text": "x"},
                "value": token,
                "type": "button",
                "action_ts": ts,
            }
        ],
    } | more
    return urlencode({"payload": json.dumps(payload)}).encode()
