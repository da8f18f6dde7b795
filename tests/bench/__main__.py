"""python3 gw bench: throughput and latency beside this machine's raw limit in the same run.

    python3 gw bench [--only intake|timers] [--seconds 5] [--rounds 1] [--json FILE]
    python3 gw bench --against COMMIT [--seconds 5] [--rounds 10]

Everything runs here: gateway, PostgreSQL (fsync on), Valkey and the load generator
share the machine's cores. Loads are bounded in time and only ever sent to 127.0.0.1.
Figures of several rounds are medians.
"""

import argparse
import asyncio
import json
import os
import platform
import secrets
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.against import NO_STORM, compare, is_known
from tests.bench.server import ROOT, bare_handler, gateway, load
from tests.bench.timers import Herd, run_herd

Figures = dict[str, dict[str, float]]

INTAKE = (("single", 64), ("fifty", 16), ("storm", 16), ("new", 8))

HERDS = {
    "timers: 1,000 a second for 10 s": Herd(10_000, 10, 8),
    "timers: 10,000 in one second": Herd(10_000, 1, 8),
    "timers: 100,000 at one instant": Herd(100_000, 0, 15),
}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def raw(seconds: float) -> Figures:
    """Return the figures of the machine's own limits: a bare handler and bare upserts."""
    figures: Figures = {}
    with bare_handler() as url:
        for kind, connections in INTAKE:
            say(f"raw handler, {kind} ...")
            figures[f"raw handler, {kind}"] = load(
                f"{url}/ingest/alertmanager", "x", kind, seconds, connections
            )
    with gateway() as ready:
        say("raw upsert ...")
        command = [sys.executable, "-m", "tests.bench.raw", "upsert", ready["database_url"]]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
        figures["raw upsert, 100 rows a commit"] = {"items_per_s": float(done.stdout)}
    return figures


def intake(seconds: float) -> Figures:
    """Return the intake figures, each kind loaded on a gateway that was never used.

    So no timers of one load fire during the next one.
    """
    figures: Figures = {}
    for kind, connections in INTAKE:
        with gateway(NO_STORM if kind == "new" else "") as ready:
            os.environ["BENCH_SEED"] = secrets.token_hex(3)
            url = f"{ready['url']}/ingest/alertmanager"
            load(url, ready["ingest_key"], kind, 1, connections)
            say(f"intake, {kind} ...")
            figures[f"intake, {kind}"] = load(url, ready["ingest_key"], kind, seconds, connections)
            if kind == "single":
                say("intake, 1,000 requests a second, open loop ...")
                figures["intake, open loop 1,000/s"] = load(
                    url, ready["ingest_key"], kind, seconds, 64, 1000
                )
    return figures


def timers() -> Figures:
    """Return the figures of herds of timers, the largest one beside a steady intake."""
    figures: Figures = {}
    for name, herd in HERDS.items():
        with gateway() as ready, ThreadPoolExecutor(1) as pool:
            say(f"{name} ...")
            beside = None
            if herd.count > 50_000:
                url = f"{ready['url']}/ingest/alertmanager"
                beside = pool.submit(
                    load, url, ready["ingest_key"], "single", herd.ahead + 10, 32, 300
                )
            figures[name] = asyncio.run(run_herd(ready["database_url"], ready["redis_url"], herd))
            if beside is not None:
                figures[f"{name}, intake beside it"] = beside.result()
    return figures


def median(rounds: list[Figures]) -> Figures:
    """Return the median of each figure over the rounds."""
    return {
        name: {
            key: round(statistics.median(one[name][key] for one in rounds), 4)
            for key in rounds[0][name]
            if key != "statuses"
        }
        for name in rounds[0]
    }


def with_ratios(figures: Figures) -> Figures:
    """Return the figures with each intake's share of the bare handler's rate for the same body."""
    for kind, _ in INTAKE:
        bare, ours = figures.get(f"raw handler, {kind}"), figures.get(f"intake, {kind}")
        if bare and ours:
            ours["of_raw_handler"] = round(ours["requests_per_s"] / bare["requests_per_s"], 3)
    return figures


def show(figures: Figures) -> None:
    for name, values in figures.items():
        print(f"{name:46} " + "  ".join(f"{key} {value:,}" for key, value in values.items()))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="gw bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=("intake", "timers"))
    parser.add_argument("--seconds", type=float, default=5, help="of each load")
    parser.add_argument("--rounds", type=int, help="(1; 10 with --against)")
    parser.add_argument(
        "--against",
        metavar="COMMIT",
        help="compare intake with an earlier commit's, round by round",
    )
    parser.add_argument("--json", type=Path, help="write all figures here too")
    options = parser.parse_args()
    if options.against:
        if not is_known(options.against):
            parser.error(f"{options.against!r} is no commit of this repository")
        for name, ratio in compare(options.against, options.rounds or 10, options.seconds).items():
            print(
                f"{name:24} {ratio.median:.3f} of {options.against} (95 %: "
                f"{ratio.lowest:.3f} to {ratio.highest:.3f})"
            )
        return
    rounds = []
    for _ in range(options.rounds or 1):
        figures: Figures = {}
        if options.only != "timers":
            figures |= raw(options.seconds) | intake(options.seconds)
        if options.only != "intake":
            figures |= timers()
        rounds.append(figures)
    result = with_ratios(median(rounds))
    show(result)
    if options.json:
        machine = {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "machine": platform.machine(),
        }
        options.json.write_text(
            json.dumps({"machine": machine, "figures": result}, indent=2) + "\n"
        )


if __name__ == "__main__":
    main()
