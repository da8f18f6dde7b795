"""Bounds on how many messages are sent to one endpoint at once.

A slow vendor fills its own slots, and not those that urgent messages to others need.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

AT_ONCE = 8
"""The most messages that are sent to one endpoint at once."""


class EndpointBusy(Exception):
    """No slot of the endpoint became free in time."""


@dataclass(slots=True)
class _Endpoint:
    """The slots of one endpoint, and how many hold or await one."""

    slots: asyncio.Semaphore
    users: int = 0


@dataclass(slots=True)
class EndpointSlots:
    """The slots of all endpoints in use; whoever waits longer than `within_s` gives up."""

    within_s: float
    endpoints: dict[str, _Endpoint] = field(default_factory=dict)

    @asynccontextmanager
    async def taken(self, endpoint: str) -> AsyncIterator[None]:
        """Hold a slot of the endpoint; raises EndpointBusy."""
        known = self.endpoints.setdefault(endpoint, _Endpoint(asyncio.Semaphore(AT_ONCE)))
        known.users += 1
        try:
            try:
                async with asyncio.timeout(self.within_s):
                    await known.slots.acquire()
            except TimeoutError as error:
                raise EndpointBusy from error
            try:
                yield
            finally:
                known.slots.release()
        finally:
            known.users -= 1
            if not known.users:
                del self.endpoints[endpoint]
