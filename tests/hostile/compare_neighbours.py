"""The cost of an attack to a neighbour of the attacked gateway.

The neighbour's latency is compared with that of a neighbour of another gateway on the same machine.

`python -m tests.hostile.compare_neighbours SEED` prints a line for each family. The latency of the
other gateway's neighbour is the machine's share, which no gateway can avoid.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from random import Random

from tests.hostile.arena import Arena, Felt, arena, sizes
from tests.hostile.families import FAMILIES, every
from tests.hostile.test_every_route import CONFIG
from tests.support.process import print_figures

INPUTS = 10_000
"""The number of inputs of each family."""


async def main(seed: int) -> None:
    """Attack one of two gateways with every family in turn."""
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / part for part in ("attacked", "beside")]
        for folder in folders:
            folder.mkdir()
        async with arena(folders[0], CONFIG) as attacked, arena(folders[1], CONFIG) as beside:
            for one in (attacked, beside):
                await one.attacked(every("odd", one.targets, Random(seed), 1_000, lambda _: 10))
                await one.measure_calm()
            print_figures(
                seed=seed,
                calm_ms=milliseconds(attacked.calm),
                calm_beside_ms=milliseconds(beside.calm),
            )
            for family in FAMILIES:
                await compare(attacked, beside, family, Random(f"{seed} {family}"))


async def compare(attacked: Arena, beside: Arena, family: str, chance: Random) -> None:
    """Attack one gateway, and print the latency of both neighbours."""
    felt = await attacked.attacked(every(family, attacked.targets, chance, INPUTS, sizes))
    control = Felt(span=felt.span)
    beside.hear_neighbour(control)
    print_figures(
        family=family,
        p99_ms=milliseconds(felt.p99),
        beside_ms=milliseconds(control.p99),
        requests=len(felt.seconds),
        refused=len(felt.refused) + len(control.refused),
    )


def milliseconds(seconds: float) -> float:
    """Return seconds as milliseconds, rounded to a tenth."""
    return round(seconds * 1e3, 1)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
