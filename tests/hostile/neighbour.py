"""An honest client with a fixed rate of requests.

`python -m tests.hostile.neighbour URL INGEST WRITE NUMBER FILE`.

Sends an alert, writes a note and reads a record in turn, and appends `sent seconds status` of each
request to FILE.
"""

import asyncio
import sys

import aiohttp

from gateway.timing.clock import SystemClock

CLOCK = SystemClock()

PACE = 0.04
"""Seconds between two requests; no request waits for the one before."""

TIMEOUT = aiohttp.ClientTimeout(total=30)


async def main(url: str, ingest: str, write: str, number: str, file: str) -> None:
    """Send requests until killed."""
    sink = open(file, "a", buffering=1)  # noqa: SIM115, PTH123 - a line now and then, to the end
    began, count = CLOCK.monotonic(), 0
    async with aiohttp.ClientSession(url, timeout=TIMEOUT) as session, asyncio.TaskGroup() as group:

        async def ask(turn: int) -> None:
            sent = CLOCK.monotonic()
            alert = {
                "title": "neighbour",
                "dedup_key": f"neighbour-{turn % 20}",
                "severity": "minor",
            }
            method, path, key, body = (
                ("POST", "/ingest/generic", ingest, alert),
                ("POST", f"/api/v1/incidents/{number}/note", write, {"note": f"seen {turn}"}),
                ("GET", f"/api/v1/incidents/{number}", write, None),
            )[turn % 3]
            try:
                async with session.request(
                    method, path, json=body, headers={"Authorization": f"Bearer {key}"}
                ) as answer:
                    await answer.read()
                    status = answer.status
            except (OSError, aiohttp.ClientError, TimeoutError):
                status = 0
            sink.write(f"{sent} {CLOCK.monotonic() - sent} {status}\n")

        while True:
            group.create_task(ask(count))
            count += 1
            await CLOCK.sleep(max(0.0, began + count * PACE - CLOCK.monotonic()))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
