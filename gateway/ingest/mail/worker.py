"""A process of its own that reads mails: `python -m gateway.ingest.mail.worker`, frames on standard input and output.

What it is given may be made to hurt: it may take so much processor time and memory, and is killed beyond, which hurts nobody.
A frame is its length in four bytes, the highest first, and msgpack. It ends when its input does.
"""

import resource
import sys
from typing import BinaryIO

import msgspec

from gateway.errors import Malformed
from gateway.ingest.mail.letter import Letter
from gateway.ingest.mail.posted import Kept, Posted, understood

CPU_SECONDS = 5
MEMORY_BYTES = 1 << 30


class Asked(msgspec.Struct, array_like=True):
    """What is to be read."""

    posted: Posted
    kept: Kept


class Answered(msgspec.Struct, array_like=True):
    """The letter, or why there is none."""

    letter: Letter | None
    problem: str = ""


def answer(asked: Asked) -> Answered:
    """Read one; never raises."""
    try:
        return Answered(understood(asked.posted, asked.kept))
    except Malformed as error:
        return Answered(None, error.detail)
    except MemoryError:
        return Answered(None, "the mail takes more memory to read than it may")


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer until the input ends."""
    decoder, encoder = msgspec.msgpack.Decoder(Asked), msgspec.msgpack.Encoder()
    while len(size := source.read(4)) == 4:
        asked = decoder.decode(source.read(int.from_bytes(size, "big")))
        _allow_seconds(CPU_SECONDS)
        said = encoder.encode(answer(asked))
        sink.write(len(said).to_bytes(4, "big") + said)
        sink.flush()


def _allow_seconds(more: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + more, hard))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, sys.stdout.buffer)
