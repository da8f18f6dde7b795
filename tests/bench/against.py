"""A comparison of this checkout with an earlier commit.

Both gateways run at once and are loaded in turn; each round starts both anew.
"""

import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import comb
from pathlib import Path

from tests.bench.server import ROOT, gateway, load

LOADS = {
    "repeats, one a request": ("single", 64),
    "repeats, 50 a request": ("fifty", 16),
    "new, 100 a request": ("new", 8),
}
"""The loads by name: the kind of body, and the number of connections."""

NO_STORM = "[dedup.storm]\nnew_per_minute = 1000000000\n"
"""Settings with which new alerts open records instead of being put below a storm's master."""

WARM_UP = 1.0
"""Seconds of load before the first round."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """This checkout's figure as a share of the earlier commit's.

    The median of the rounds, with its 95 % interval.
    """

    median: float
    lowest: float
    highest: float


def ratio_of(ours: list[float], theirs: list[float]) -> Ratio:
    """Return the ratio of paired rounds.

    The interval lies between order statistics of the ratios, so no distribution is assumed. Of
    fewer than six rounds it is their whole range, which covers less than 95 %.
    """
    ratios = sorted(mine / other for mine, other in zip(ours, theirs, strict=True))
    cut = _cut(len(ratios))
    return Ratio(statistics.median(ratios), ratios[cut], ratios[-1 - cut])


def _cut(rounds: int) -> int:
    """Return how many ratios are left out at either end (sign test: binomial with one half)."""
    cut, left_out = -1, 0.0
    while (left_out := left_out + comb(rounds, cut + 1) / 2**rounds) <= 0.025:
        cut += 1
    return max(cut, 0)


def is_known(commit: str) -> bool:
    """Return whether the repository has this commit."""
    asked = ["git", "rev-parse", "--quiet", "--verify", "--end-of-options", f"{commit}^{{commit}}"]
    return subprocess.run(asked, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode == 0


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Provide an earlier commit, checked out in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="gw-against-") as name:
        folder = Path(name) / "checkout"
        Path(name).chmod(0o711)
        subprocess.run(
            ["git", "worktree", "add", "-q", "--detach", str(folder), commit], cwd=ROOT, check=True
        )
        try:
            yield folder
        finally:
            subprocess.run(
                ["git", "worktree", "remove", "--force", str(folder)], cwd=ROOT, check=True
            )


def compare(commit: str, rounds: int, seconds: float) -> dict[str, Ratio]:
    """Load both gateways in turn, alternating the first, and return the ratios by load.

    The figures are alerts per second.
    """
    os.environ["BENCH_SEED"] = secrets.token_hex(3)
    with checked_out(commit) as theirs:
        found = {}
        for name, (kind, connections) in LOADS.items():
            figures = [
                _round((ROOT, theirs), kind, seconds, connections, number)
                for number in range(rounds)
            ]
            found[name] = ratio_of([our for our, _ in figures], [their for _, their in figures])
            print(f"{name:24} {found[name]}", file=sys.stderr, flush=True)
        return found


def _round(
    roots: tuple[Path, Path], kind: str, seconds: float, connections: int, number: int
) -> tuple[float, float]:
    """Return this checkout's and the earlier commit's figure of one round.

    Each round starts new processes: two of the same commit differ by up to 8 % for as long as they
    live, which more rounds with the same two would not show.
    """
    order = (0, 1) if number % 2 else (1, 0)
    with ExitStack() as running:
        both = {place: running.enter_context(gateway(NO_STORM, roots[place])) for place in order}
        for place in order:
            _figure(both[place], kind, WARM_UP, connections)
        figures = {place: _figure(both[place], kind, seconds, connections) for place in order}
    return figures[0], figures[1]


def _figure(ready: dict[str, str], kind: str, seconds: float, connections: int) -> float:
    return load(
        f"{ready['url']}/ingest/alertmanager", ready["ingest_key"], kind, seconds, connections
    )["items_per_s"]
