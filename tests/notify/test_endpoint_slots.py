"""One endpoint has so many slots and no more, and whoever waits too long gives up."""

import asyncio

import pytest

from gateway.notify.endpoint_slots import AT_ONCE, EndpointBusy, EndpointSlots


async def test_slow_endpoint_fills_its_own_slots_alone() -> None:
    slots, held = EndpointSlots(0.01), asyncio.Event()
    entered: list[str] = []

    async def send(endpoint: str) -> None:
        async with slots.taken(endpoint):
            entered.append(endpoint)
            await held.wait()

    slow = [asyncio.ensure_future(send("slow")) for _ in range(AT_ONCE + 2)]
    other = asyncio.ensure_future(send("other"))
    done, _ = await asyncio.wait(slow, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    assert all(isinstance(one.exception(), EndpointBusy) for one in done)
    assert entered.count("slow") == AT_ONCE
    assert "other" in entered
    held.set()
    results = await asyncio.gather(*slow, other, return_exceptions=True)
    assert sum(isinstance(one, EndpointBusy) for one in results) == 2
    assert slots.endpoints == {}


async def test_slot_is_free_again_after_a_failure() -> None:
    slots = EndpointSlots(0.01)
    for _ in range(AT_ONCE + 1):
        with pytest.raises(KeyError):
            async with slots.taken("one"):
                raise KeyError("bug")
    assert slots.endpoints == {}
