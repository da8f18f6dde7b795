"""A process of its own that reads what came: `python -m gateway.ingest.reading.worker`, frames on standard input and output.

What it is given may be made to hurt: it may take so much processor time and memory. Beyond, the work is broken off, or the
process killed, which hurts nobody.
A frame is its length in four bytes, the highest first, and a pickle. It ends when its input does.
"""

import importlib
import pickle
import resource
import signal
import sys
from typing import BinaryIO

from gateway.errors import Malformed
from gateway.ingest.reading.asked import COSTLY, Answered, Asked, OutOfTimeError, TooCostly, answer

MEMORY_BYTES = 1 << 30
ANSWER_BYTES = 1 << 26
READERS = (
    "gateway.ingest.app.report", "gateway.ingest.chat.providers", "gateway.ingest.form.http", "gateway.ingest.mail.posted",
    "gateway.ingest.mending", "gateway.ingest.phone.providers", "gateway.ingest.reading.alerts", "gateway.ingest.sources",
)  # fmt: skip
"""Modules whose functions are asked for."""

GRACE = 0.5
"""Seconds of the processor after which a process is killed that could not break its work off."""


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer until the input ends."""
    while len(size := source.read(4)) == 4:
        asked = pickle.loads(source.read(int.from_bytes(size, "big")))  # noqa: S301 - the gateway itself wrote it
        signal.setitimer(signal.ITIMER_PROF, asked.seconds + GRACE)
        said = pickle.dumps(_in_time(asked), pickle.HIGHEST_PROTOCOL)
        if len(said) > ANSWER_BYTES:
            said = pickle.dumps(Answered(None, Malformed, "it says more than can be kept"), pickle.HIGHEST_PROTOCOL)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sink.write(len(said).to_bytes(4, "big") + said)
        sink.flush()


def _in_time(asked: Asked) -> Answered:
    """Return the answer, or that it is too costly once the time is used up."""
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, asked.seconds)
        answered = answer(asked)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except OutOfTimeError:  # it was used up while the answer was given
        return Answered(None, TooCostly, COSTLY)
    return answered


def _out_of_time(*_: object) -> None:
    raise OutOfTimeError


def _prepare() -> None:
    """Import what reads, so that the first who asks need not wait for it."""
    for name in READERS:
        importlib.import_module(name)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGVTALRM, _out_of_time)
    _prepare()
    serve(sys.stdin.buffer, sys.stdout.buffer)
