"""Request bodies like those of real senders, numbered so that keys repeat or are new."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass

SEED = os.environ.get("BENCH_SEED", "0")
"""The part of each key that separates the runs on one database."""

KEYS = 1000
"""Distinct keys in the bodies that repeat."""


@dataclass(frozen=True)
class Body:
    """A kind of body: the number of its items, and a function that makes the n-th body."""

    items: int
    make: Callable[[int], bytes]


def _alert(name: str, key: str) -> str:
    return json.dumps(
        {
            "status": "firing",
            "labels": {
                "alertname": "HighRequestLatency",
                "severity": "warning",
                "instance": name,
                "job": "checkout",
                "cluster": "eu-west-1",
                "namespace": "shop",
            },
            "annotations": {
                "summary": f"p99 latency of {name} is over 2 s",
                "description": (
                    "The 99th percentile of request latency has been over 2 s for 10 minutes."
                ),
            },
            "startsAt": "2026-11-21T04:00:00.000Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://prometheus.example.com/graph?g0.expr=latency",
            "fingerprint": key,
        }
    )


def _envelope(alerts: list[str]) -> bytes:
    head = (
        '{"version":"4","groupKey":"{}:{}","truncatedAlerts":0,"status":"firing",'
        '"receiver":"gateway","groupLabels":{},'
    )
    tail = (
        '"commonLabels":{},"commonAnnotations":{},'
        '"externalURL":"https://alertmanager.example.com","alerts":['
    )
    return (head + tail + ",".join(alerts) + "]}").encode()


def _repeating(items: int) -> Body:
    made = [
        _envelope(
            [
                _alert(f"web-{(n * items + i) % KEYS}", f"{SEED}{(n * items + i) % KEYS:012x}")
                for i in range(items)
            ]
        )
        for n in range(max(KEYS // items, 1))
    ]
    return Body(items, lambda n: made[n % len(made)])


def _new(items: int) -> Body:
    """Return bodies whose alerts all have new keys.

    Only the twelve digits of the key differ, so that making a body costs next to nothing.
    """
    whole = _envelope([_alert("web-1", f"{SEED}@@@@{i:04x}") for i in range(items)])
    pid = f"{os.getpid() & 0xFFFF:04x}"
    return Body(items, lambda n: whole.replace(b"@@@@", f"{pid}{n:08x}".encode()))


def _storm(items: int) -> Body:
    """Return bodies with one new key among repeated ones (99 of 100)."""
    known = [_alert(f"web-{i}", f"{SEED}{i:012x}") for i in range(items - 1)]
    whole = _envelope([*known, _alert("web-new", f"{SEED}@@@@")])
    return Body(items, lambda n: whole.replace(b"@@@@", f"{os.getpid():08x}{n:08x}".encode()))


KINDS = {
    "single": _repeating(1),
    "fifty": _repeating(50),
    "storm": _storm(100),
    "new": _new(100),
}
