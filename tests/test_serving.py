"""`gateway serve` warns of missing settings, listens on both ports, and stops in order."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp

from tests.support.process import free_port, replicas


async def status_of(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def test_serving_process_warns_listens_drains_and_exits(
    database_url: str, tmp_path: Path
) -> None:
    metrics = free_port()
    config = f'[metrics]\nhost = "127.0.0.1"\nport = {metrics}\n'
    async with replicas(1, database_url, "", tmp_path, config) as (replica,):
        assert await status_of(f"http://127.0.0.1:{metrics}/metrics") == 200
        said = replica.log.read_text()
        assert "index_missing" in said
        assert "audit_key_missing" in said
        assert f"gateway: serving on {replica.url}" in said

        os.kill(replica.pid, signal.SIGTERM)
        while (status := await status_of(f"{replica.url}/readyz")) == 200:
            pass
        assert status == 503
        assert await asyncio.to_thread(replica.wait) == 0
