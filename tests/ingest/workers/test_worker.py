"""The worker processes and their parent: they end when their input does, and limit answers."""

import io
import os
import pickle
import signal
import socket
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from gateway.errors import Malformed
from gateway.ingest.workers import worker
from gateway.ingest.workers.forker import WorkerParent
from gateway.ingest.workers.protocol import (
    LENGTH_BYTES,
    CallResult,
    FunctionCall,
    TooCostly,
    frame_message,
)
from tests.ingest.workers import jobs


def call(function: object, seconds: float = 5.0) -> bytes:
    """Return the message that calls a function without arguments."""
    return frame_message(pickle.dumps(FunctionCall(function, (), seconds)))  # type: ignore[arg-type]


def read_answer(source: BinaryIO) -> CallResult:
    """Return the next answer of a worker."""
    size = int.from_bytes(source.read(LENGTH_BYTES), "big")
    found: CallResult = pickle.loads(source.read(size))  # noqa: S301 - our own worker wrote it
    return found


def answers(*calls: bytes) -> list[CallResult]:
    """Return the answers of a worker that runs in this process."""
    source, sink = io.BytesIO(b"".join(calls)), io.BytesIO()
    worker.serve_calls(source, sink)
    sink.seek(0)
    return [read_answer(sink) for _ in calls]


@pytest.fixture
def interrupted() -> Iterator[None]:
    """Interrupt calls in this process as a worker does."""
    before = signal.signal(signal.SIGVTALRM, worker._out_of_time)
    yield
    signal.signal(signal.SIGVTALRM, before)


@pytest.fixture
def parent() -> Iterator[WorkerParent]:
    """Start a parent of workers."""
    made = WorkerParent.started()
    yield made
    made.end()


def test_worker_ends_with_its_connection_and_parent_with_its_orders(parent: WorkerParent) -> None:
    ours, theirs = socket.socketpair()
    with ours, ours.makefile("rb") as source:
        parent.order(1, [theirs.fileno()])
        theirs.close()
        ours.settimeout(30)
        ours.sendall(call(jobs.process))
        assert read_answer(source).value not in (parent.process.pid, os.getpid())
        ours.shutdown(socket.SHUT_WR)
        assert source.read() == b""
        parent.orders.close()
        assert parent.process.wait(30) == 0


@pytest.mark.usefixtures("interrupted")
def test_call_out_of_time_is_too_costly_and_next_one_is_answered() -> None:
    late, next_one = answers(call(jobs.endless, 0.05), call(jobs.process))
    assert (late.error, next_one.value) == (TooCostly, os.getpid())


def test_answer_over_size_limit_is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "ANSWER_BYTES", 10)
    (answer,) = answers(call(jobs.parsed))
    assert (answer.value, answer.error) == (None, Malformed)
