"""A gateway killed with SIGKILL under load loses and doubles no acknowledged event."""

import asyncio
from pathlib import Path

import pytest

from gateway.access.keys import Scope
from tests.support.process import (
    CLOCK,
    CUT,
    NOBODY,
    choose_size,
    make_key,
    print_figures,
    replicas,
    seeded_random,
)
from tests.support.sender import Sender, judge

RATE = 300


@pytest.mark.timeout(choose_size(60, 600))
async def test_killed_gateway_loses_and_duplicates_no_accepted_event(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    chance, stop = seeded_random(), asyncio.Event()
    key = await make_key(database_url, Scope.INGEST)
    async with (
        replicas(1, database_url, redis_url, tmp_path) as [gateway],
        Sender([gateway.url], key) as sender,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(sender.send_at_rate(RATE, stop, patient=False, at_once=RATE))
        for _ in range(choose_size(3, 50)):
            await CLOCK.sleep(chance.uniform(0.3, 1.0))
            await sender.call_at_acknowledgement(gateway.kill)
            await gateway.start()
        stop.set()
    verdict = await judge(database_url, sender.ledger)
    answers = sender.answers()
    print_figures(
        events=len(sender.ledger),
        answers=answers,
        repeats=verdict.repeats,
        slowest_restart=max(gateway.restarts),
    )
    assert verdict.clean, verdict
    assert answers.get(CUT, 0) + answers.get(NOBODY, 0) >= choose_size(25, 500), (
        "the kills came when nothing was under way"
    )
    assert set(answers) <= {NOBODY, CUT, 202, 503}
