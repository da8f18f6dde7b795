"""No input to any route blocks the loop, grows the memory, gets a 5xx or ends a task.

No neighbour is slowed down either.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import cycle
from random import Random

import pytest

from tests.hostile.arena import AT_ONCE, GARBAGE, GROWN, Arena, Felt, arena, sizes
from tests.hostile.connections import aborted, one_of_each_kind, slow
from tests.hostile.families import FAMILIES, every
from tests.support.process import print_figures

INPUTS = int(os.environ.get("HOSTILE_INPUTS", "50000"))
SEED = int(os.environ.get("HOSTILE_SEED", "11"))
ABORTED = 1_000
TRICKLE = 8.0
"""Seconds for which slow bodies are sent."""

CONFIG = """
[server]
port = 0

[form]
services = ["desk-a"]
per_address = 10_000
per_service = 10_000

[limits]
key_per_second = 1_000_000
key_burst = 1_000_000
key_at_once = 1_000_000
address_per_second = 1_000_000
address_burst = 1_000_000
key_bytes_per_minute = 1_000_000_000_000
link_per_hour = 10_000
link_per_record = 10_000
"""
"""A configuration with such high quotas that every input is read.

Default quotas refuse senders of so many requests long before.
"""

TRIES = 3
"""Attempts of an attack: a slow machine disturbs one, a harmful input every one."""


SLOWED = 10
"""The most calm latencies that a neighbour may wait beside an attack."""

OTHER_MACHINE = 10
"""The niceness of the attacker, which shares the processors but is no part of the gateway."""


@pytest.fixture(scope="module")
async def attacked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Arena]:
    async with arena(tmp_path_factory.mktemp("arena"), CONFIG) as made:
        await made.attacked(
            every("odd", made.targets, Random(SEED), 1_000, lambda _: 10)
        )  # lazily created objects exist before measuring
        await made.measure_calm()
        os.nice(OTHER_MACHINE)
        yield made


@pytest.mark.timeout(60 + INPUTS / 10)
@pytest.mark.parametrize("family", FAMILIES)
async def test_hostile_input_family_harms_neither_gateway_nor_neighbour(
    attacked: Arena, family: str
) -> None:
    def again() -> Awaitable[Felt]:
        chance = Random(f"{SEED} {family}")
        return attacked.attacked(
            every(family, attacked.targets, chance, INPUTS // len(FAMILIES), sizes)
        )

    unharmed(attacked, await tried(attacked, family, again))
    await attacked.wipe_index()
    await attacked.until_alive(15)


async def tried(attacked: Arena, name: str, again: Callable[[], Awaitable[Felt]]) -> Felt:
    """Return the effect of the first attempt that blocks and slows nothing, else of the last."""
    for number in range(TRIES):
        felt = await again()
        print_figures(
            family=name, tried=number, seed=SEED, calm_ms=round(attacked.calm * 1e3), felt=str(felt)
        )
        if not felt.holds and not slowed(attacked, felt):
            break
    return felt


def slowed(attacked: Arena, felt: Felt) -> bool:
    """Return whether the neighbour was slowed down.

    The bound is measured in calm latencies: the same machine is slower at everything.
    """
    return felt.p99 > max(SLOWED * attacked.calm, attacked.calm + 0.1)


def unharmed(attacked: Arena, felt: Felt) -> None:
    """Require that the attack did no harm."""
    assert not felt.wrong, f"{len(felt.wrong)}: {felt.wrong[0]}"
    assert not felt.refused, f"the neighbour was refused: {felt.refused}"
    held = [f"{hold['held']:.3f} s: {hold['stack']}" for hold in felt.holds]
    assert not held, f"{len(held)} holds, the first {held[0]}"
    assert not slowed(attacked, felt), (
        f"the neighbour's p99 was {felt.p99:.3f} s, {attacked.calm:.3f} s when calm"
    )
    cycles = f"{felt.garbage} objects were left to the collector"
    assert felt.garbage <= max(GARBAGE, felt.answers.total()), cycles
    assert felt.grown <= GROWN, f"{felt.grown} KiB were left behind"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("with_key", [False, True], ids=["without a key", "with a key"])
async def test_aborted_uploads_harm_neither_gateway_nor_neighbour(
    attacked: Arena, *, with_key: bool
) -> None:
    kinds = cycle(one_of_each_kind(attacked.targets))

    async def uploads() -> None:
        for _ in range(ABORTED // AT_ONCE):
            await aborted(attacked.url, next(kinds), with_key=with_key)

    name = "aborted with a key" if with_key else "aborted"
    unharmed(
        attacked,
        await tried(attacked, name, lambda: attacked.endured(uploads() for _ in range(AT_ONCE))),
    )


@pytest.mark.timeout(180)
async def test_slow_bodies_harm_neither_gateway_nor_neighbour(attacked: Arena) -> None:
    kinds = one_of_each_kind(attacked.targets)

    def trickles() -> Awaitable[Felt]:
        return attacked.endured(
            slow(attacked.url, target, with_key=with_key, seconds=TRICKLE)
            for target in kinds
            for with_key in (False, True)
            for _ in range(2)
        )

    unharmed(attacked, await tried(attacked, "slow", trickles))
