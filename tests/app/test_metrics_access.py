"""Metrics need a key unless the settings open them to everybody.

A separate port for metrics needs no key.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import aiohttp
import msgspec
import pytest
from aiohttp.test_utils import unused_port

from gateway.access import keys
from gateway.access.keys import Scope
from gateway.app import run_replica
from gateway.db.pool import Pool
from gateway.settings import Database, load
from gateway.timing.clock import SystemClock
from gateway.web.connections import listening
from tests.support.served import make_keys

A_METRIC = "gateway_incidents_opened"

Serve = Callable[..., AbstractAsyncContextManager[tuple[str, str, dict[str, str]]]]


@pytest.fixture
def serve(database_url: str) -> Serve:
    """A function that serves a gateway with the given metrics settings.

    It yields the addresses of the main port and of the metrics port, and the keys.
    """

    @asynccontextmanager
    async def serving(**changes: object) -> AsyncIterator[tuple[str, str, dict[str, str]]]:
        plain = load(None, {})
        settings = msgspec.structs.replace(
            plain,
            database=Database(url=database_url, pool_min=1, pool_max=4),
            metrics=msgspec.structs.replace(plain.metrics, **changes),
        )
        made = await make_keys(database_url)
        async with AsyncExitStack() as stack:
            gateway = await stack.enter_async_context(
                run_replica(settings, SystemClock(), allow_unsafe=True)
            )
            places = []
            for app in filter(None, (gateway.app, gateway.metrics_app)):
                server = msgspec.structs.replace(
                    settings.server, host="127.0.0.1", port=unused_port()
                )
                ((host, port),) = await stack.enter_async_context(listening(app, server))
                places.append(f"http://{host}:{port}")
            yield places[0], places[-1], made

    return serving


async def got(address: str, key: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_metrics_require_read_or_ingest_key_by_default(serve: Serve) -> None:
    async with serve() as (url, _, made):
        status, told = await got(f"{url}/metrics")
        assert status == 401
        assert A_METRIC not in told
        for name, expected in {"read": 200, "ingest": 200, "admin": 200, "write": 403}.items():
            status, told = await got(f"{url}/metrics", made[name])
            assert (status, A_METRIC in told) == (expected, expected == 200), name
        assert [(await got(f"{url}/{probe}"))[0] for probe in ("healthz", "readyz")] == [200, 200]


async def test_reporter_key_may_not_read_metrics(serve: Serve, pool: Pool) -> None:
    async with serve() as (url, _, _), pool.acquire() as conn:
        await conn.execute(PEOPLE)
        for login, expected in {"rita": 403, "dora": 200}.items():
            person_id = await conn.fetchval("SELECT id FROM person WHERE login = $1", login)
            text, _info = await keys.create(
                conn, "own", frozenset({Scope.READ}), None, person_id=person_id
            )
            assert (await got(f"{url}/metrics", text))[0] == expected


PEOPLE = """
INSERT INTO person (login, name, roles, created_at, updated_at)
VALUES ('rita', 'Rita', '{reporter}', now(), now()),
  ('dora', 'Dora', '{incident_manager}', now(), now())
"""


async def test_separate_metrics_port_serves_metrics_and_probes_only(serve: Serve) -> None:
    async with serve(host="127.0.0.1") as (url, own, made):
        assert own != url
        status, told = await got(f"{own}/metrics")
        assert (status, A_METRIC in told) == (200, True)
        assert [(await got(f"{own}/{probe}"))[0] for probe in ("healthz", "readyz")] == [200, 200]
        assert (await got(f"{own}/api/v1/incidents", made["admin"]))[0] == 404
        assert (await got(f"{url}/metrics", made["admin"]))[0] == 404
        assert (await got(f"{url}/healthz"))[0] == 200


async def test_open_setting_serves_metrics_without_key(serve: Serve) -> None:
    async with serve(open=True) as (url, _, _):
        assert (await got(f"{url}/metrics"))[0] == 200
