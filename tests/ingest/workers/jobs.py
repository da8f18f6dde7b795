"""Jobs for a worker process: sound ones, endless ones, and one that exceeds its memory."""

import os
from datetime import UTC, datetime
from itertools import repeat

from gateway.errors import Flaw, Malformed, TooLarge
from gateway.incidents.alert import Alert, Link
from gateway.ingest.reading.source import ParsedDelivery
from gateway.vocabulary import AlertStatus


def doubled(value: int) -> int:
    return 2 * value


def parsed() -> ParsedDelivery:
    link = Link(href="https://a.example/", text="a")
    alert = Alert(
        namespace="a",
        dedup_key="k",
        status=AlertStatus.FIRING,
        title="t",
        labels={"a": "b"},
        links=(link,),
        event_time=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return ParsedDelivery(((0, alert),), ignored=((1, "why"),), delivery_id="x")


def malformed() -> None:
    raise Malformed("it is bad", flaws=(Flaw("/a", "here"),))


def too_large() -> None:
    raise TooLarge("it is large")


def endless() -> None:
    while True:
        pass


def endless_in_c() -> int:
    return max(repeat(1))


def huge() -> bytes:
    return bytes(2 << 30)


def killed() -> None:
    os.kill(os.getpid(), 9)


def process() -> int:
    return os.getpid()
