"""A carrier that does not take a message is followed by the next at once."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from gateway.channels.phone.outgoing import routed
from gateway.channels.phone.outgoing.routed import CarrierOption, RoutedCarriers
from gateway.notify.message import Delivered, Result, Retry, Undeliverable
from tests.support.clock import FakeClock

DOWN = Retry("it is down", down=True)
ANN = "+8613800138000"


@dataclass
class Scripted:
    """A carrier that answers as told, or never."""

    result: Result | None
    asked: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self) -> Result:
        self.asked += 1
        if self.result is None:
            await self.gone.wait()
        return self.result or Delivered()


def carriers(clock: FakeClock, **scripted: Scripted) -> RoutedCarriers[Scripted]:
    options = {name: CarrierOption(one, 3, "") for name, one in scripted.items()}
    return RoutedCarriers("notify.sms.routes", options, {"+86": ("a", "b", "off")}, clock)


@pytest.mark.parametrize("refusal", [DOWN, Retry("slow down"), Undeliverable("no such template")])
async def test_next_carrier_takes_what_the_first_refuses(clock: FakeClock, refusal: Result) -> None:
    first, second = Scripted(refusal), Scripted(Delivered("2"))
    routes = carriers(clock, a=first, b=second)
    assert await routes.send(ANN, Scripted.ask) == Delivered("2")
    assert (first.asked, second.asked) == (1, 1)


async def test_taken_by_the_first_is_not_sent_by_the_second(clock: FakeClock) -> None:
    first, second = Scripted(Delivered("1")), Scripted(Delivered("2"))
    assert await carriers(clock, a=first, b=second).send(ANN, Scripted.ask) == Delivered("1")
    assert second.asked == 0


async def test_refused_by_all_names_every_reason(clock: FakeClock) -> None:
    routes = carriers(clock, a=Scripted(DOWN), b=Scripted(Undeliverable("no credit")))
    assert await routes.send(ANN, Scripted.ask) == Retry("it is down; no credit")


async def test_failing_carrier_is_left_alone_and_tried_again_later(clock: FakeClock) -> None:
    first, second = Scripted(DOWN), Scripted(Delivered("2"))
    routes = carriers(clock, a=first, b=second)
    for _ in range(5):
        assert await routes.send(ANN, Scripted.ask) == Delivered("2")
    assert (first.asked, second.asked) == (3, 5)
    first.result = Delivered("1")
    clock.advance(timedelta(seconds=15))
    assert await routes.send(ANN, Scripted.ask) == Delivered("1")


async def test_all_left_alone_says_when_to_come_back(clock: FakeClock) -> None:
    routes = carriers(clock, a=Scripted(DOWN))
    for _ in range(3):
        assert await routes.send(ANN, Scripted.ask) == DOWN
    left = await routes.send(ANN, Scripted.ask)
    assert isinstance(left, Retry)
    assert (left.after, left.down) == (timedelta(seconds=15), True)


async def test_carrier_that_never_answers_leaves_time_for_the_next(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routed, "TOTAL_S", 0.02)
    second = Scripted(Delivered("2"))
    routes = carriers(clock, a=Scripted(None), b=second)
    assert await routes.send(ANN, Scripted.ask) == Delivered("2")
    silent = await carriers(clock, a=Scripted(None)).send(ANN, Scripted.ask)
    assert silent == Retry("a: no answer within 0.02 s", down=True)


async def test_number_that_nobody_carries_is_dead_without_being_told_in_full(
    clock: FakeClock,
) -> None:
    routes = carriers(clock)
    result = await routes.send(ANN, Scripted.ask)
    assert result == Undeliverable("no carrier is on for +86…: see notify.sms.routes")
    assert routes.per_hour(ANN) == 1
    assert carriers(clock, b=Scripted(DOWN)).per_hour(ANN) == 3
