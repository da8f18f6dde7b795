"""The machine's raw limits, measured in the same run, which no gateway could exceed.

    python -m tests.bench.raw handler PORT_FILE
    python -m tests.bench.raw upsert DATABASE_URL

`handler` is a bare aiohttp handler that reads the body and answers 202. `upsert` runs batched
upserts of 100 rows, each commit durable, and prints rows per second.
"""

import asyncio
import sys
import time
from pathlib import Path

import asyncpg
import uvloop
from aiohttp import web

ANSWER = b'{"receipt":"019a0000-0000-7000-8000-000000000000","results":[]}'

TABLE = """
CREATE UNLOGGED TABLE IF NOT EXISTS bench_raw
  (key bytea PRIMARY KEY, n bigint NOT NULL, title text, at timestamptz);
ALTER TABLE bench_raw SET LOGGED; TRUNCATE bench_raw;
"""

UPSERT = """
INSERT INTO bench_raw (key, n, title, at)
SELECT k, 1, t, now() FROM unnest($1::bytea[], $2::text[]) AS x(k, t) ORDER BY k
ON CONFLICT (key) DO UPDATE SET n = bench_raw.n + 1, at = excluded.at
"""


async def receive(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=ANSWER, status=202, content_type="application/json")


async def serve(port_file: Path) -> None:
    app = web.Application(client_max_size=2**21)
    app.router.add_post("/ingest/{source}", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port_file.write_text(str(runner.addresses[0][1]))
    await asyncio.Event().wait()


async def upserts(dsn: str, seconds: float = 4.0) -> float:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(TABLE)
        keys = [
            [i.to_bytes(4, "big") + b.to_bytes(4, "big") for i in range(100)] for b in range(50)
        ]
        titles = ["p99 latency is over 2 s"] * 100
        rows, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            await connection.execute(UPSERT, keys[rows // 100 % 50], titles)
            rows += 100
        rate = rows / (time.perf_counter() - began)
        await connection.execute("DROP TABLE bench_raw")
        return rate
    finally:
        await connection.close()


if __name__ == "__main__":
    if sys.argv[1] == "handler":
        uvloop.run(serve(Path(sys.argv[2])))
    else:
        print(round(uvloop.run(upserts(sys.argv[2]))))
