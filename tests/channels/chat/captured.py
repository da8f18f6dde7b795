"""Calls of chat vendors as their documentation shows them.

Each has a request (`request.http`), its time and settings, and the expected result of reading it.
"""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from gateway.channels.chat.contract import ChatRequest, ChatSettings
from gateway.channels.chat.providers import PROVIDERS

FIXTURES = Path(__file__).parents[2] / "fixtures" / "chat"
CASES = sorted(str(path.parent.relative_to(FIXTURES)) for path in FIXTURES.glob("*/*/request.http"))
BY_SLUG = {provider.slug: provider for provider in PROVIDERS}


class Setting(msgspec.Struct):
    """The time at which a call is received, and the settings of its vendor."""

    received_at: datetime
    chat: ChatSettings


def setting(case: str) -> ChatSettings:
    return _setting(case).chat


def _setting(case: str) -> Setting:
    return msgspec.json.decode((FIXTURES / case / "setting.json").read_bytes(), type=Setting)


def captured(case: str) -> ChatRequest:
    head, _, body = (FIXTURES / case / "request.http").read_bytes().partition(b"\n\n")
    first, *lines = head.decode().splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    query = dict(parse_qsl(urlsplit(first.split(" ")[1]).query))
    return ChatRequest(headers, query, body.removesuffix(b"\n"), _setting(case).received_at)


def heard(case: str) -> dict[str, Any]:
    """Return the result of reading a call, in plain JSON values."""
    told = BY_SLUG[case.partition("/")[0]].read(captured(case), setting(case))
    plain = asdict(told) | ({"answer": told.answer.decode()} if hasattr(told, "answer") else {})
    plain = {name: value for name, value in plain.items() if value not in ("", None)}
    read: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode({"is": type(told).__name__} | plain)
    )
    return read
