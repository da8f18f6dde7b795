"""The child processes of an arena, and the vacuuming of its tables."""

import json
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg

from tests.support.process import CLOCK, ROOT

TIDY_EVERY = 30.0
"""Seconds between two vacuums of the tables.

The test servers have no autovacuum, unlike all others.
"""


async def tidy(url: str) -> None:
    """Vacuum the tables periodically."""
    conn = await asyncpg.connect(url, server_settings={"vacuum_cost_delay": "2ms"})
    try:
        while True:
            await conn.execute("VACUUM (ANALYZE)")
            await CLOCK.sleep(TIDY_EVERY)
    finally:
        conn.terminate()


def child(
    stack: AsyncExitStack, log: Path, env: dict[str, str], module: str, *arguments: str
) -> "subprocess.Popen[bytes]":
    """Start a module as a process that is killed with the stack."""
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **env},
            stdout=sink,
            stderr=sink,
        )

    def end() -> None:
        process.kill()
        process.wait()

    stack.callback(end)
    return process


async def ready(file: Path, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """Wait for the ready file of a process and return its content."""
    until = CLOCK.monotonic() + 30
    while not file.exists():
        assert process.poll() is None, (file.parent / "gateway.log").read_text()[-3000:]
        assert CLOCK.monotonic() < until, "the gateway does not serve"
        await CLOCK.sleep(0.05)
    made: dict[str, Any] = json.loads(file.read_text())
    return made
