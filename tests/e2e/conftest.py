"""Fixtures of the end-to-end tests with real senders, fetched by `python3 gw fetch-e2e`."""

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Generator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.e2e import monitoring
from tests.e2e.monitoring import DIRECT, WEBHOOK
from tests.e2e.processes import (
    binary,
    development_gateway,
    free_ports,
    listening,
    program,
    until,
)
from tests.support.certificate import make_certificate

LISTENING = """
[mail]
max_bytes = 60000
[mail.listener]
host = "127.0.0.1"
port = {port}
starttls = true
certificate = "{certificate}"
[[dedup.relate]]
name = "same service"
by = ["service"]
within = "5m"
"""


@pytest.fixture(scope="session")
def e2e_bin() -> Path:
    """Return the directory of prometheus and prometheus-alertmanager."""
    directory = os.environ.get("GATEWAY_E2E_BIN")
    if directory is None:
        pytest.skip("GATEWAY_E2E_BIN is not set: python3 gw fetch-e2e")
    return Path(directory).resolve(strict=True)


@pytest.fixture
def chromium() -> Path:
    """Return the fetched Chromium, else that of the machine."""
    fetched = Path(os.environ.get("GATEWAY_E2E_BIN", "none")) / "chromium"
    found = str(fetched) if os.access(fetched, os.X_OK) else shutil.which("chromium")
    if found is None:
        pytest.skip("there is no chromium: python3 gw fetch-e2e")
    return Path(found).absolute()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn skipped tests into failed ones where the senders are required."""
    report = yield
    if report.skipped and os.environ.get("GATEWAY_E2E_REQUIRED") == "1":
        report.outcome = "failed"
    return report


@dataclass
class Site:
    """The running programs: their addresses, the gauges of the exporter, and queries to them."""

    http: aiohttp.ClientSession
    url: str
    keys: dict[str, str]
    addresses: dict[str, str]
    folder: Path
    smtp_port: int
    gauges: dict[tuple[str, str], int] = field(default_factory=dict)

    async def get(self, address: str, key: str | None = None, **query: str) -> Any:
        """Return the JSON at an address."""
        headers = {"Authorization": f"Bearer {self.keys[key]}"} if key else {}
        async with self.http.get(address, params=query, headers=headers) as answer:
            assert answer.status == 200, f"{address}: {answer.status} {await answer.text()}"
            return await answer.json()

    async def incidents(self, **query: str) -> list[dict[str, Any]]:
        """Return incidents of the gateway."""
        found = await self.get(f"{self.url}/api/v1/incidents", "admin", **query)
        return list(found["incidents"])

    async def prometheus(self, way: str, path: str, **query: str) -> Any:
        """Return the data of a Prometheus at a path under /api/v1."""
        return (await self.get(f"{self.addresses[way]}/api/v1/{path}", **query))["data"]

    async def prometheus_metric(self, way: str, name: str) -> dict[str, float]:
        """Return a Prometheus metric about each Alertmanager it knows, by address.

        Keys are masked.
        """
        async with self.http.get(f"{self.addresses[way]}/metrics") as answer:
            lines = (await answer.text()).replace(self.keys["ingest"], "<key>").splitlines()
        found = (re.fullmatch(name + r'\{alertmanager="([^"]+)"\} (\S+)', line) for line in lines)
        return {one[1]: float(one[2]) for one in found if one}

    async def items(self, source: str, outcome: str) -> float:
        """Return the number of received items that the gateway has counted."""
        async with self.http.get(f"{self.url}/metrics") as answer:
            found = re.search(
                f'gateway_intake_items_total{{outcome="{outcome}",source="{source}"}} (\\S+)',
                await answer.text(),
            )
        assert found
        return float(found[1])


def _exporter(gauges: dict[tuple[str, str], int]) -> web.Application:
    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            text="".join(f'trouble{{way="{w}",name="{n}"}} {v}\n' for (w, n), v in gauges.items())
        )

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app


@pytest.fixture(scope="package")
async def site(e2e_bin: Path) -> AsyncIterator[Site]:
    """Run the gateway, two Prometheus servers and an Alertmanager until they are ready.

    Afterwards none of their ports is open.
    """
    gauges: dict[tuple[str, str], int] = {}
    ports: list[int] = free_ports(4)
    with tempfile.TemporaryDirectory(prefix="gw-e2e-", dir="/tmp") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as http,
            TestServer(_exporter(gauges)) as exporter,
        ):
            ready = await _gateway(stack, folder, ports[-1])
            target = f"127.0.0.1:{exporter.port}"
            addresses = _senders(stack, e2e_bin, folder, ready, target, ports[:3])
            keys = {"admin": ready["admin_key"], "ingest": ready["ingest_key"]}
            site = Site(http, ready["url"], keys, addresses, folder, ports[-1], gauges)
            await asyncio.gather(
                *(
                    until(f"{who} is ready", partial(_ready, http, at))
                    for who, at in addresses.items()
                )
            )
            yield site
            stack.close()
    ports.append(int(ready["url"].rpartition(":")[2]))
    assert [port for port in ports if listening(port)] == []


async def _gateway(stack: ExitStack, folder: Path, smtp_port: int) -> dict[str, str]:
    """Start the gateway with its bundled servers; return the content of its ready file."""
    config = folder / "gateway.toml"
    config.write_text(LISTENING.format(port=smtp_port, certificate=make_certificate(folder)[0]))
    argv = (sys.executable, "-m", "gateway", "dev", "--config", config)
    return await development_gateway(stack, folder, *argv)


def _senders(
    stack: ExitStack,
    programs: Path,
    folder: Path,
    ready: dict[str, str],
    exporter: str,
    ports: list[int],
) -> dict[str, str]:
    """Start the senders; return their addresses."""
    at = dict(
        zip(("alertmanager", WEBHOOK, DIRECT), (f"127.0.0.1:{port}" for port in ports), strict=True)
    )
    gateway, key = ready["url"].removeprefix("http://"), ready["ingest_key"]
    started = partial(_sender, stack, programs, folder)
    config = monitoring.alertmanager(folder, ready["url"], key)
    options = ("--storage.path", folder / "alertmanager", "--cluster.listen-address=")
    started("prometheus-alertmanager", "alertmanager", at["alertmanager"], config, *options)
    told = {
        WEBHOOK: [monitoring.target(at["alertmanager"])],
        DIRECT: monitoring.gateway_targets(gateway, key),
    }
    jobs = {WEBHOOK: {"site": exporter}, DIRECT: {"site": exporter, "gateway": gateway}}
    for way in (WEBHOOK, DIRECT):
        config = monitoring.prometheus(folder, way, told[way], jobs[way])
        options = ("--storage.tsdb.path", folder / f"tsdb-{way}", "--rules.alert.resend-delay=1s")
        started("prometheus", way, at[way], config, *options)
    return {who: f"http://{address}" for who, address in at.items()}


def _sender(
    stack: ExitStack,
    programs: Path,
    folder: Path,
    name: str,
    who: str,
    at: str,
    config: Path,
    *options: str | Path,
) -> None:
    argv = (binary(programs, name), "--config.file", config, f"--web.listen-address={at}", *options)
    stack.enter_context(program(folder / f"{who}.log", programs.parents[1], *argv))


async def _ready(http: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with http.get(f"{address}/-/ready") as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False
