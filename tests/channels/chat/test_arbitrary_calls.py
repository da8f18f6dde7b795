"""Any call that Slack or Feishu sign is read or refused as malformed, without other errors.

The calls are documented ones in which arbitrary values replace others.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from gateway.channels.chat.contract import ChatProvider, ChatReply, ChatRequest, ChatSettings
from gateway.channels.chat.feishu import inbound
from gateway.channels.chat.slack import inbound as slack
from gateway.errors import Malformed
from tests.channels.chat import feishu_calls, slack_calls
from tests.support.clock import NOON

ANYTHING: tuple[Any, ...] = (
    None, True, 0, -1, 10**20, 1.5, "", "x", "\x00", "\ud800", "<@U1|", "1e9", "9" * 40, [], [None],
    [[]], {}, {"a": 1}, "{", '{"text":7}',
)  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every member and item inside a JSON value."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, one in inner:
        yield (*at, name)
        yield from places(one, (*at, name))


def changed(body: bytes, chance: random.Random) -> bytes:
    """Return the body with one of its values replaced or removed."""
    value = json.loads(body)
    *way, last = chance.choice(list(places(value)))
    holder = value
    for step in way:
        holder = holder[step]
    if chance.random() < 0.2:
        del holder[last]
    else:
        holder[last] = chance.choice(ANYTHING)
    return json.dumps(value).encode()


def in_form(body: bytes, chance: random.Random) -> bytes:
    fields = dict(parse_qsl(body.decode()))
    if "payload" in fields:
        return urlencode({"payload": changed(fields["payload"].encode(), chance).decode()}).encode()
    fields[chance.choice(list(fields))] = chance.choice(["", "\x00", "x" * 5_000])
    return urlencode(fields).encode()


def of_slack(chance: random.Random) -> ChatRequest:
    if chance.random() < 0.5:
        body = changed(slack_calls.a_message("<@U0LAN0Z89> hello", thread_ts="1.1"), chance)
        return slack_calls.a_call(body, NOON)
    body = in_form(
        chance.choice([slack_calls.a_press("resolve", "x"), slack_calls.a_command("x")]), chance
    )
    return slack_calls.a_call(body, NOON, kind=slack_calls.FORM)


def of_feishu(chance: random.Random) -> ChatRequest:
    f = feishu_calls
    whole = (
        f.a_message("x", mentions=[f.a_mention("@_user_1", "A")]),
        f.an_older_message("x"),
        f.a_press("resolve", "x"),
    )
    body = changed(chance.choice(whole), chance)
    return f.a_call(f.sealed(body) if chance.random() < 0.5 else body, NOON)


@pytest.mark.parametrize(
    ("provider", "call", "secret"),
    [
        (slack.PROVIDER, of_slack, slack_calls.SECRET),
        (inbound.PROVIDER, of_feishu, feishu_calls.KEY),
    ],
)
def test_any_signed_call_is_read_or_malformed(
    provider: ChatProvider, call: Callable[[random.Random], ChatRequest], secret: str
) -> None:
    chance, understood, settings = random.Random(11), 0, ChatSettings(secrets=(secret,))
    for _ in range(600):
        made = call(chance)
        try:
            provider.read(made, settings)
            provider.answer(ChatReply("a\nb", "INC-1", state="x"), made, settings)
        except Malformed:
            continue
        understood += 1
    assert 100 < understood < 600
