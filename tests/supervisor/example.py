"""A process to supervise, run by the tests as a program.

`python -m tests.supervisor.example BEHAVIOUR [SILENT]`.
"""

import asyncio
import json
import os
import re
import signal
import sys

from gateway.observe import logs
from gateway.supervisor import decisions
from gateway.supervisor.child import SupervisorPipe
from gateway.supervisor.parent import supervise
from gateway.timing.clock import SystemClock


def say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def hold_the_interpreter() -> None:
    """Block the interpreter in C code, by a search whose time doubles with each letter."""
    re.search(r"(a+)+$", "a" * 60 + "b")


async def serve(line: SupervisorPipe, behaviour: str) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    beating = asyncio.create_task(line.beat(SystemClock()))
    line.serves({"from": behaviour})
    say(pid=os.getpid(), restarts=dict(line.restarts))
    if behaviour == "stuck" and not line.restarts:
        await SystemClock().sleep(2 * decisions.CHECK_SECONDS)
        hold_the_interpreter()
    if behaviour == "fails":
        return 7
    await stop.wait()
    say(stopped=os.getpid())
    beating.cancel()
    return 0


def work(line: SupervisorPipe, behaviour: str) -> int:
    match behaviour:
        case "misconfigured":
            return 3
        case "crashes":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "raises":
            raise ValueError("nobody foresaw this")
    return asyncio.run(serve(line, behaviour))


def accompany() -> int:
    """Say that the companion runs, and run until it is ended."""
    say(companion=os.getpid())
    while True:
        signal.pause()


if __name__ == "__main__":
    logs.configure()
    if len(sys.argv) > 2:
        decisions.BEAT_TIMEOUT = float(sys.argv[2])
    sys.exit(
        supervise(
            lambda line: work(line, sys.argv[1]),
            lambda pid, facts: say(serves=pid, facts=facts),
            accompany if "COMPANION" in os.environ else None,
        )
    )
