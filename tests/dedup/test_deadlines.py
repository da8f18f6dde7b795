"""The longest a sender waits for its commit."""

import asyncio
from uuid import UUID

import pytest

from gateway.dedup.deadlines import Deadlines
from gateway.dedup.submission import Receipt
from gateway.errors import Unavailable

RECEIPT = Receipt(UUID(int=1), ())


def answer() -> "asyncio.Future[Receipt]":
    return asyncio.get_running_loop().create_future()


async def test_an_answer_that_does_not_come_is_given_up_and_one_that_came_stays() -> None:
    deadlines, late, early = Deadlines(0.01), answer(), answer()
    deadlines.watch(early)
    deadlines.watch(late)
    early.set_result(RECEIPT)
    with pytest.raises(Unavailable):
        await late
    assert await early is RECEIPT


async def test_each_waits_its_own_time_however_many_came_before() -> None:
    deadlines, loop = Deadlines(0.02), asyncio.get_running_loop()
    first, second = answer(), answer()
    deadlines.watch(first)
    with pytest.raises(Unavailable):
        await first
    asked = loop.time()
    deadlines.watch(second)
    with pytest.raises(Unavailable):
        await second
    assert loop.time() - asked >= 0.02
