"""The load generator: a process of its own, raw HTTP/1.1, bounded in count and time.

    python -m tests.bench.load URL KEY BODY_KIND --connections 64 --seconds 5 [--rate 1000]

Prints one JSON object: the number of responses by status, items per second,
latency percentiles in milliseconds.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from itertools import count
from typing import cast
from urllib.parse import urlsplit

import uvloop

from tests.bench.bodies import KINDS, Body


class Connection(asyncio.Protocol):
    """A kept-alive connection that sends one request at a time and returns its status."""

    def __init__(self) -> None:
        self.buffer = b""
        self.answer: asyncio.Future[int] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator or self.answer is None:
            return
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        length = int(lowered[at + 15 :].split(b"\r\n", 1)[0])
        if len(rest) >= length:
            self.buffer = rest[length:]
            self.answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(exc or ConnectionResetError("closed by the server"))

    async def post(self, request: bytes) -> int:
        assert self.transport is not None
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.answer


class Load:
    """A sender of requests with one kind of body to one address."""

    def __init__(self, url: str, key: str, body: Body) -> None:
        self.url, self.body = urlsplit(url), body
        self.head = (
            f"POST {self.url.path} HTTP/1.1\r\nHost: "
            f"{self.url.netloc}\r\nAuthorization: Bearer {key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self.numbers = count()
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []

    def request(self) -> bytes:
        body = self.body.make(next(self.numbers))
        return b"%s%d\r\n\r\n%s" % (self.head, len(body), body)

    async def connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        return (
            await loop.create_connection(Connection, self.url.hostname or "", self.url.port or 80)
        )[1]

    async def closed_loop(self, connection: Connection, until: float) -> None:
        while time.perf_counter() < until:
            request, began = self.request(), time.perf_counter()
            self.statuses[await connection.post(request)] += 1
            self.latencies.append(time.perf_counter() - began)

    async def open_loop(self, connections: list[Connection], rate: float, seconds: float) -> None:
        """Send requests on a fixed schedule.

        Latency counts from the scheduled moment, so it includes queueing.
        """
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in connections:
            free.put_nowait(connection)
        began = time.perf_counter()

        async def one(due: float) -> None:
            connection = await free.get()
            self.statuses[await connection.post(self.request())] += 1
            self.latencies.append(time.perf_counter() - due)
            free.put_nowait(connection)

        tasks = []
        for number in range(int(rate * seconds)):
            due = began + number / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(one(due)))
        await asyncio.gather(*tasks)

    async def run(self, connections: int, seconds: float, rate: float | None) -> dict[str, object]:
        lines = [await self.connect() for _ in range(connections)]
        began = time.perf_counter()
        if rate is None:
            await asyncio.gather(*(self.closed_loop(line, began + seconds) for line in lines))
        else:
            await self.open_loop(lines, rate, seconds)
        return self.result(time.perf_counter() - began)

    def result(self, seconds: float) -> dict[str, object]:
        ordered = sorted(self.latencies)
        return {
            "requests_per_s": round(len(ordered) / seconds, 1),
            "items_per_s": round(len(ordered) * self.body.items / seconds, 1),
            "p50_ms": _share(ordered, 0.5),
            "p99_ms": _share(ordered, 0.99),
            "max_ms": round(ordered[-1] * 1e3, 2),
            "statuses": dict(self.statuses),
        }


def _share(ordered: list[float], q: float) -> float:
    """Return the q-quantile in milliseconds."""
    return round(ordered[min(int(len(ordered) * q), len(ordered) - 1)] * 1e3, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rate", type=float)
    options = parser.parse_args()
    load = Load(options.url, options.key, KINDS[options.kind])
    result = uvloop.run(load.run(options.connections, options.seconds, options.rate))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
