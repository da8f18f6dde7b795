"""Has mails read: short ones at once, the others by a process of its own, one at a time, so that the loop is never held."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import msgspec
import structlog

import gateway
from gateway.errors import Malformed, Unavailable
from gateway.ingest.mail.letter import Letter
from gateway.ingest.mail.posted import Kept, Posted, understood
from gateway.ingest.mail.worker import Answered, Asked

SHORT = 24_576
"""Bytes that are read in a few milliseconds whatever they are."""

WITHIN = 15.0
"""Seconds the process has for one mail, of which a third may be the processor's."""

BROKEN = (asyncio.IncompleteReadError, ConnectionError)
"""How it shows that the process is no more."""

ROOT = Path(gateway.__file__).parents[1]

log = structlog.get_logger()


class Reader:
    """Reads mails; `close` ends its process."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Answered).decode

    async def __call__(self, posted: Posted) -> Letter:
        """The letter; raises Malformed, also for what takes too long, and Unavailable when no process can be had."""
        if len(posted.body) <= SHORT:
            return understood(posted, self._kept)
        async with self._turn:
            answered = await self._asked(self._encode(Asked(posted, self._kept)))
        if answered.letter is None:
            raise Malformed(answered.problem)
        return answered.letter

    async def _asked(self, frame: bytes) -> Answered:
        """Ask the process, and another one where that was gone or died of it: what kills two is not understood."""
        try:
            try:
                return await self._exchange(frame)
            except BROKEN:
                return await self._exchange(frame)
        except (TimeoutError, *BROKEN) as error:
            log.warning("mail_reader_ended", error=type(error).__name__, bytes=len(frame))
            raise Malformed("the mail takes more time or memory to read than it may") from error

    async def _exchange(self, frame: bytes) -> Answered:
        process = await self._started()
        try:
            async with asyncio.timeout(WITHIN):
                return self._decode(await _exchange(process, frame))
        except BaseException:
            await self.close()
            raise

    async def _started(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "gateway.ingest.mail.worker", stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=ROOT
                )  # fmt: skip
            except OSError as error:
                raise Unavailable("no process can be started to read mail: send again shortly") from error
        return self._process

    async def close(self) -> None:
        """End the process; the next long mail starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            process.kill()
        await process.communicate()


async def _exchange(process: Process, frame: bytes) -> bytes:
    assert process.stdin is not None  # noqa: S101 - it was started with pipes
    assert process.stdout is not None  # noqa: S101 - it was started with pipes
    process.stdin.write(len(frame).to_bytes(4, "big") + frame)
    await process.stdin.drain()
    return await process.stdout.readexactly(int.from_bytes(await process.stdout.readexactly(4), "big"))
