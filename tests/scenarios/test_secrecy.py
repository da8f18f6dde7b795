"""No response or message shows anything of a security incident to people who may not see it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.scenarios.conftest import Telling
from tests.scenarios.route_requests import Asked, requests
from tests.scenarios.secret_world import (
    CONFIGURATION,
    NOBODY,
    ORDINARY,
    PRIVY,
    SECRET,
    SENT,
    World,
    build,
    may_see,
)

NEVER = ("INC-20260302-009998", "INC-20260302-009999")
"""Numbers of records that never existed."""

WITHDRAWN = (
    r'"number":"[^"]+"(?=[^{}]*"event":"withdrawn","facts":{},"changes":\[\],"incident":null})'
)
"""The number in an entry of the feed that says only that a record is withdrawn."""

UNSEEN = {"/api/v1/incidents/{number}/report"}
"""Routes of a record that have no data yet."""

GROUPS = 4
"""The number of groups of identities; each has its own data, so that no test takes long."""

LAST = ("/api/v1/logout",)
"""Routes that end the session of an identity."""

MORE = {
    "/api/v1/incidents": (
        "q=zq7secret",
        "security=true",
        "sort=-updated_at",
        "label.who=zq7secret",
    ),
    "/v2/alerts/{id}": ("identifierType=alias",),
}
"""Further queries of routes, beside the one without a query."""


async def ask(world: World, one: Asked, identity: str) -> tuple[int, str, dict[str, str]]:
    """Return status, text and headers of an answer."""
    headers = {} if identity == NOBODY else world.story.as_key(identity)
    async with world.story.client.request(
        one.method, one.path, json=one.body, headers=headers, allow_redirects=False
    ) as answer:
        return answer.status, (await answer.read()).decode(errors="replace"), dict(answer.headers)


def said(answer: tuple[int, str, dict[str, str]], named: Sequence[str]) -> str:
    """Return a response as text, without the requested numbers and random parts.

    A number that its readers saw before the flag is in the feed once more, as withdrawn.
    """
    status, text, headers = answer
    kept = {
        name: value for name, value in headers.items() if name not in ("Date", "Content-Length")
    }
    whole = f"{status} {re.sub(WITHDRAWN, '', text)} {kept}"
    return reduce(
        lambda left, number: left.replace(number, "N"),
        named,
        re.sub(r"urn:uuid:[0-9a-f-]+", "", whole),
    )


def wanted(world: World) -> list[Asked]:
    """Return every request; those that end a session are last."""
    found = list(requests(world.story.gateway.app, world.filled, world.hidden["born"]))
    found += [
        replace(one, path=f"{one.path}?{query}")
        for one in found
        for query in MORE.get(
            next((start for start in MORE if one.route.startswith(start)), ""), ()
        )
        if one.route in MORE or "{id}" in one.route
    ]
    return sorted(found, key=lambda one: one.route in LAST)


async def leaks(world: World, identity: str) -> list[Any]:
    """Return the requests whose response leaks something.

    A response leaks if it differs from that about a record that never existed.
    """
    found = []
    for one in wanted(world):
        answer = await ask(world, one, identity)
        named = [number for number in world.numbers if number in repr(one)]
        shown = world.shown_in(said(answer, named), identity)
        if named:
            others = dict(zip(named, NEVER, strict=False))
            other = await ask(world, one.instead(others), identity)
            shown += ["differs"] if said(answer, named) != said(other, NEVER) else []
        if shown:
            found.append((identity, one.method, one.path, shown, answer[0], answer[1][:300]))
    return found


@pytest.mark.parametrize("group", range(GROUPS))
async def test_no_answer_mail_or_log_reveals_security_incident(
    telling: Telling, group: int
) -> None:
    with capture_logs() as logs:
        async with telling(CONFIGURATION) as story:
            world = await build(story)
            before = await world.done()
            found = [
                one for identity in ORDINARY[group::GROUPS] for one in await leaks(world, identity)
            ]
            after = await world.done()
            sent = [
                (mail["to"], mail.as_string()) for mail in await world.mails() if not may_see(mail)
            ]
    assert found == []
    assert after == before
    assert [to for to, text in sent if world.shown_in(text, to)] == []
    assert world.shown_in(str(logs), "") == []


async def test_permitted_people_see_every_security_incident(telling: Telling) -> None:
    async with telling(CONFIGURATION) as story:
        world = await build(story)
        for identity in PRIVY:
            asked = [one for one in wanted(world) if one.method == "GET"]
            answers = {one: await ask(world, one, identity) for one in asked}
            refused = {
                one.route
                for one, answer in answers.items()
                if world.hidden["born"] in one.path and answer[0] >= 400
            }
            assert refused <= UNSEEN, identity
            text = "".join(answer[1] for answer in answers.values())
            assert [word for word in (*world.numbers, SECRET, SENT) if word not in text] == []
