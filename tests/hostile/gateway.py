"""A gateway that records blocks of its event loop: `python -m tests.hostile.gateway FOLDER`.

FOLDER gets `ready.json` (port, routes) once the gateway serves, `holds.jsonl`: a line for each
block above `NOTED` seconds, and `garbage.jsonl`: a line for each collection of reference cycles.
"""

import asyncio
import gc
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import uvloop

from gateway.db.migrate import migrate
from gateway.observe import logs
from gateway.serving import run_listening_replica
from gateway.settings import Settings, load
from gateway.supervisor.child import SupervisorPipe
from gateway.timing.clock import SystemClock

CLOCK = SystemClock()

BEAT = 0.01
"""Seconds between two beats."""

DEEPEST = 12
"""The number of recorded stack frames."""

NOTED = 0.04
"""The shortest recorded block, in seconds."""


class Beats:
    """The heartbeat of the event loop, with the stack seen while a beat was late."""

    def __init__(self, notes: Path) -> None:
        self._sink = notes.open("a", buffering=1)
        self._last = CLOCK.monotonic()
        self._seen = ""
        self._thread = threading.get_ident()

    async def beat(self) -> None:
        """Record each block: the delay of a beat, as far as this process itself used the CPU."""
        while True:
            began, used = CLOCK.monotonic(), time.process_time()
            await CLOCK.sleep(BEAT)
            self._last = now = CLOCK.monotonic()
            held = min(now - began - BEAT, time.process_time() - used)
            if held > NOTED:
                note = {"at": now, "held": held, "stack": self._seen}
                self._sink.write(json.dumps(note) + "\n")
            self._seen = ""

    def watch(self) -> None:
        """Record the stack of the loop's thread while a beat is late; runs in a thread."""
        looked = threading.Event()
        while True:
            looked.wait(BEAT)
            frame = sys._current_frames().get(self._thread)
            if not self._seen and CLOCK.monotonic() - self._last > NOTED and frame is not None:
                self._seen = "\n".join(places(frame))


class Garbage:
    """A recorder of the objects in reference cycles that each collection finds.

    Freeing tens of thousands of them at once blocks the loop.
    """

    def __init__(self, notes: Path) -> None:
        self._sink = notes.open("a", buffering=1)

    def __call__(self, phase: str, told: dict[str, int]) -> None:
        """Record a finished collection; a callback of `gc.callbacks`."""
        if phase == "stop" and told["collected"]:
            self._sink.write(
                json.dumps({"at": CLOCK.monotonic(), "objects": told["collected"]}) + "\n"
            )


def places(frame: FrameType | None) -> Iterator[str]:
    """Yield the innermost frames of a stack.

    No source file is read for them, which would take longer than most blocks.
    """
    for _ in range(DEEPEST):
        if frame is None:
            return
        yield f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = frame.f_back


async def main(folder: Path) -> None:
    """Serve until SIGTERM."""
    settings = load(folder / "gateway.toml", os.environ)
    await migrate(settings.database.url)
    beats = Beats(folder / "holds.jsonl")
    gc.callbacks.append(Garbage(folder / "garbage.jsonl"))
    threading.Thread(target=beats.watch, daemon=True).start()
    with open(os.devnull, "wb", buffering=0) as unheard:  # noqa: PTH123 - no path, and no supervisor either
        await serve(settings, folder, beats, SupervisorPipe(unheard.fileno()))


async def serve(settings: Settings, folder: Path, beats: Beats, line: SupervisorPipe) -> None:
    async with run_listening_replica(settings, line) as (gateway, stop):
        beating = asyncio.create_task(beats.beat())
        routes = sorted(
            {
                (route.method, route.resource.canonical)
                for route in gateway.app.router.routes()
                if route.resource
            }
        )
        ready = {"port": gateway.addresses[0][1], "routes": routes}
        draft = folder / "ready.new"
        draft.write_text(json.dumps(ready))
        draft.rename(folder / "ready.json")
        await stop.wait()
        beating.cancel()


if __name__ == "__main__":
    logs.configure()
    uvloop.run(main(Path(sys.argv[1])))
