"""The carriers of text messages or calls, tried one after the other for each number."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

import structlog

from gateway.channels.phone.outgoing.routes import find_route, join_refusals
from gateway.notify.endpoint_breakers import EndpointBreakers
from gateway.notify.message import Delivered, Result, Retry, Undeliverable
from gateway.notify.retries import is_endpoint_failure
from gateway.timing.clock import Clock

TOTAL_S = 9.0
"""Seconds that all carriers of a number have together: a little less than a message may take."""

Carrier = TypeVar("Carrier")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CarrierOption(Generic[Carrier]):
    """A carrier that is on, its hourly limit per person, and the prefix of its home."""

    carrier: Carrier
    per_hour: int
    home: str


@dataclass(frozen=True, slots=True)
class RoutedCarriers(Generic[Carrier]):
    """The carriers by name that are on, and the routes by prefix.

    A carrier that does not take a message is followed by the next of the route at once; one that
    failed several times in a row is left alone for a while.
    """

    setting: str
    carriers: Mapping[str, CarrierOption[Carrier]]
    routes: Mapping[str, tuple[str, ...]]
    clock: Clock
    breakers: EndpointBreakers = field(default_factory=EndpointBreakers)

    def route(self, number: str) -> tuple[str, ...]:
        """Return the names of the carriers for a number."""
        homes = {name: one.home for name, one in self.carriers.items()}
        found = find_route(self.routes, homes, number)
        return tuple(name for name in found if name in self.carriers)

    def per_hour(self, number: str) -> int:
        """Return how often a person may be reached in an hour: the limit of the first carrier."""
        return next((self.carriers[name].per_hour for name in self.route(number)), 1)

    async def send(self, number: str, ask: Callable[[Carrier], Awaitable[Result]]) -> Result:
        """Ask one carrier after the other until one has taken it."""
        names = self.route(number)
        if not names:
            return Undeliverable(f"no carrier is on for {number[:3]}…: see {self.setting}")
        refused: list[Retry | Undeliverable] = []
        for name in names:
            result = await self._ask(name, ask, TOTAL_S / len(names))
            if isinstance(result, Delivered):
                return result
            log.info("carrier_refused", carrier=name, reason=result.reason)
            refused.append(result)
        return join_refusals(refused)

    async def _ask(
        self, name: str, ask: Callable[[Carrier], Awaitable[Result]], seconds: float
    ) -> Result:
        """Ask one carrier once, unless it is left alone."""
        if wait := self.breakers.wait(name, self.clock.monotonic()):
            pause = timedelta(seconds=wait)
            return Retry(f"{name} is failing and is left alone", after=pause, down=True)
        result: Result
        try:
            async with asyncio.timeout(seconds):
                result = await ask(self.carriers[name].carrier)
        except TimeoutError:
            result = Retry(f"{name}: no answer within {seconds:g} s", down=True)
        failed = is_endpoint_failure(result)
        self.breakers.report(name, self.clock.monotonic(), failed=failed)
        return result
