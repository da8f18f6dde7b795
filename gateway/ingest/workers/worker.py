"""The parent of the worker processes and the workers themselves.

It is run as `python -m gateway.ingest.workers.worker FD`, imports every parser, and then forks a
worker for each connection that it is handed over the socket FD, so that a new one is ready at
once. Input may be malicious: a worker has limited processor time and memory. Beyond them the
call is aborted or the worker killed, which hurts nobody else. A message is its length in four
bytes, in big-endian order, and a pickle. All processes end when their input does, and with their
parent.
"""

import gc
import importlib
import os
import pickle
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from gateway.errors import Malformed
from gateway.ingest.workers.protocol import (
    LENGTH_BYTES,
    ORDER,
    TOO_COSTLY,
    CallResult,
    FunctionCall,
    OutOfTimeError,
    TooCostly,
    frame_message,
    run_call,
)
from gateway.supervisor.child import signal_on_parent_death

MEMORY_BYTES = 1 << 30
ANSWER_BYTES = 1 << 26
READERS = (
    "gateway.channels.app.report",
    "gateway.channels.chat.providers",
    "gateway.channels.webform.http",
    "gateway.channels.email.posted",
    "gateway.ingest.mending",
    "gateway.channels.phone.providers",
    "gateway.ingest.workers.alerts",
    "gateway.ingest.sources",
    "gateway.oncall.ical.reading",
)
"""Modules whose functions are called."""

GRACE = 0.5
"""Extra seconds of processor time until a process is killed that failed to abort its call."""


class RunningWorkers:
    """The running workers, each with the number it was ordered by and its end of the connection."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._end_with_parent = signal_on_parent_death(os.getpid(), signal.SIGKILL)
        self._running: dict[int, tuple[int, socket.socket]] = {}

    def serve(self) -> None:
        """Fork and kill workers as ordered, until the socket for orders is closed."""
        signal.signal(signal.SIGCHLD, self._reap)
        while True:
            said, handed, _, _ = socket.recv_fds(self._orders, ORDER.size, 1)
            if not said:
                return
            (number,) = ORDER.unpack(said)
            if handed:
                self._fork(number, socket.socket(fileno=handed[0]))
            else:
                self._kill(number)

    def _fork(self, number: int, line: socket.socket) -> None:
        with block_reaping():
            pid = os.fork()
            if pid == 0:
                try:
                    self._end_with_parent()
                    self._forget()
                    run_worker(line)
                finally:
                    os._exit(0)
            self._running[pid] = number, line

    def _forget(self) -> None:
        """Close the sockets that belong to others."""
        for other in (self._orders, *(line for _, line in self._running.values())):
            other.close()

    def _kill(self, number: int) -> None:
        with block_reaping():
            for pid, (known, _) in self._running.items():
                if known == number:
                    os.kill(pid, signal.SIGKILL)

    def _reap(self, *_: object) -> None:
        """Close the connections of ended workers, and report if their time was used up."""
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            line = self._running.pop(pid)[1]
            with line:
                if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF:
                    _send(line, CallResult(None, TooCostly, TOO_COSTLY))


@contextmanager
def block_reaping() -> Iterator[None]:
    """Block the reaping of ended processes meanwhile, so that no process id is reused."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _send(line: socket.socket, answered: CallResult) -> None:
    try:
        line.sendall(frame_message(pickle.dumps(answered, pickle.HIGHEST_PROTOCOL)))
    except OSError:
        return  # nobody waits for it any more


def run_worker(line: socket.socket) -> None:
    """Run a worker, within its limits, until the connection ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGVTALRM, _out_of_time)
    try:
        serve_calls(line.makefile("rb"), line.makefile("wb"))
    except ConnectionError:
        return  # the gateway is gone


def serve_calls(source: BinaryIO, sink: BinaryIO) -> None:
    """Respond to calls until the input ends."""
    while len(size := source.read(LENGTH_BYTES)) == LENGTH_BYTES:
        asked = pickle.loads(source.read(int.from_bytes(size, "big")))  # noqa: S301 - the gateway itself wrote it
        signal.setitimer(signal.ITIMER_PROF, asked.seconds + GRACE)
        said = pickle.dumps(_in_time(asked), pickle.HIGHEST_PROTOCOL)
        if len(said) > ANSWER_BYTES:
            said = pickle.dumps(
                CallResult(None, Malformed, "it says more than can be kept"),
                pickle.HIGHEST_PROTOCOL,
            )
        signal.setitimer(signal.ITIMER_PROF, 0)
        sink.write(frame_message(said))
        sink.flush()


def _in_time(asked: FunctionCall) -> CallResult:
    """Return the result of a call, or that it is too costly once the time is used up."""
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, asked.seconds)
        answered = run_call(asked)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except OutOfTimeError:  # the time ran out while the result was returned
        return CallResult(None, TooCostly, TOO_COSTLY)
    return answered


def _out_of_time(*_: object) -> None:
    raise OutOfTimeError


if __name__ == "__main__":
    for name in READERS:
        importlib.import_module(name)
    gc.collect()
    # The imported modules are shared by all workers, and no garbage collection writes to them.
    gc.freeze()
    RunningWorkers(socket.socket(fileno=int(sys.argv[1]))).serve()
