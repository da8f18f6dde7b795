"""Documented calls of chat vendors are read as expected.

A call is refused if its signature, secret, tenant, time or body is not genuine.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.channels.chat.contract import ChatRequest, ChatSettings
from gateway.errors import Unauthenticated
from tests.channels.chat.captured import BY_SLUG, CASES, FIXTURES, captured, heard, setting

PAGES = Path(__file__).parents[3] / "docs" / "sources"
SIGNED = [case for case in CASES if "/check" not in case]
"""The signed cases, without vendors' checks of the address, some of which are unsigned."""


@pytest.mark.parametrize("case", CASES)
def test_captured_call_is_read_as_expected(case: str) -> None:
    wanted = msgspec.json.decode((FIXTURES / case / "expected.json").read_bytes())
    assert [heard(case) for _ in range(2)] == [wanted, wanted]


@pytest.mark.parametrize("slug", BY_SLUG)
def test_provider_has_page_and_fixtures_of_message_and_press(slug: str) -> None:
    assert (PAGES / f"{slug}.md").exists()
    kinds = {str(heard(case)["is"]) for case in CASES if case.startswith(f"{slug}/")}
    assert {"ChatMessage", "ButtonPress"} <= kinds


NOT_PROVEN = ("stale", "ahead of time", "another tenant")
UNPROVEN = ("telegram/",)
"""Vendors whose calls have no time, but an id by which each counts once, and no tenant."""

UNSIGNED = ("dingtalk/robot", "dingtalk/card", "telegram/")
"""Calls whose body is not signed; the integration's key and a secret protect those."""


def _without_marks(told: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in told.items() if not _is_mark(name)}


def _is_mark(name: str) -> bool:
    """Return whether a header or parameter proves that the vendor sent the call."""
    return "sign" in name or "secret" in name


def lies(call: ChatRequest, chat: ChatSettings) -> dict[str, tuple[ChatRequest, ChatSettings]]:
    """Return forgeries of the call by name, each with one property changed."""
    garbled = replace(call, headers=_garbled(call.headers), query=_garbled(call.query))
    return {
        "unsigned": (
            replace(call, headers=_without_marks(call.headers), query=_without_marks(call.query)),
            chat,
        ),
        "signed wrongly": (garbled, chat),
        "another's secret": (
            call,
            msgspec.structs.replace(
                chat,
                secrets=("another-secret",) * bool(chat.secrets),
                token="o",
                encoding_key=chat.encoding_key and "b" * 43,
            ),
        ),
        "stale": (replace(call, received_at=call.received_at + timedelta(days=1)), chat),
        "ahead of time": (replace(call, received_at=call.received_at - timedelta(days=1)), chat),
        "another tenant": (call, msgspec.structs.replace(chat, tenants=("another",))),
        "nothing set": (call, ChatSettings()),
    }


def _garbled(told: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value[:-2] + ("00" if value[-2:] != "00" else "11") if _is_mark(name) else value
        for name, value in told.items()
    }


@pytest.mark.parametrize("case", SIGNED)
def test_call_with_one_forged_property_is_refused(case: str) -> None:
    provider = BY_SLUG[case.partition("/")[0]]
    for lie, (call, chat) in lies(captured(case), setting(case)).items():
        if lie in NOT_PROVEN and case.startswith(UNPROVEN):
            continue
        with pytest.raises(Unauthenticated):
            pytest.fail(f"{lie}: {provider.read(call, chat)}")


@pytest.mark.parametrize("case", SIGNED)
def test_call_with_changed_body_is_refused(case: str) -> None:
    call, chat = captured(case), setting(case)
    if not call.body or case.startswith(UNSIGNED):
        return
    with pytest.raises(Unauthenticated):
        BY_SLUG[case.partition("/")[0]].read(
            replace(call, body=call.body.replace(b"e", b"a")), chat
        )
