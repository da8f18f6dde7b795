"""The API on a real server over a real database."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from gateway.access import keys
from gateway.access.attempts import LoginLimits
from gateway.access.keys import Scope
from gateway.access.login import LoginService, grantable_scopes
from gateway.access.oidc import OidcLogin
from gateway.access.passwords import Passwords
from gateway.access.principal import Principal
from gateway.access.reporter_links import ReporterLinks
from gateway.api.context import Context
from gateway.api.description.openapi import build_docs
from gateway.api.records.page import RecordPage
from gateway.api.reference import build_reference
from gateway.api.reporters.problem_pages import with_problem_pages
from gateway.api.reporters.reporter_page import ReporterPage
from gateway.api.routes import build_api_routes
from gateway.catalogue.live import Catalogue
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.egress.address_guard import AddressGuard
from gateway.errors import Unavailable
from gateway.files.store import FilePlace, FileStores
from gateway.incidents import store
from gateway.incidents.custom_fields import CustomFields
from gateway.ingest.mending import QuarantineReview
from gateway.ingest.replay import Replay
from gateway.ingest.sources import generic
from gateway.operations.attach import AttachmentQuota, AttachmentService
from gateway.operations.calendars.imports import CalendarFiles
from gateway.operations.unit_of_work import UnitOfWork
from gateway.pages.rendering import Pages
from gateway.quarantine.mappings import Mappings
from gateway.quarantine.operations import OpenedMail
from gateway.receipts.submission import Receipt, Submission
from gateway.settings import load
from gateway.untrusted import request_bodies
from gateway.web import edge
from gateway.web.auth import Authenticator
from gateway.web.deadlines import Deadlines
from tests.support.clock import FakeClock
from tests.support.staff import hire


@dataclass
class Api:
    client: TestClient[web.Request, web.Application]
    keys: dict[str, str]
    uow: UnitOfWork
    links: ReporterLinks

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        scope: str = "admin",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        answer = await self.raw(method, path, json=body, scope=scope, headers=headers)
        return answer.status, (
            await answer.json(content_type=None) if answer.status not in {204, 304} else None
        )

    async def raw(
        self,
        method: str,
        path: str,
        *,
        scope: str = "admin",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> ClientResponse:
        sent = {"Authorization": f"Bearer {self.keys[scope]}"} | (headers or {})
        return await self.client.request(method, path, headers=sent, **more)

    async def person(self, login: str, *roles: Role, **fields: Any) -> str:
        """Create a person with these roles and return a key of theirs, also in `keys` by login."""
        status, made = await self.call(
            "POST",
            "/api/v1/people",
            {"login": login, "name": login.title(), "roles": roles} | fields,
        )
        assert status == 201, made
        async with self.uow.pool.acquire() as conn:
            person_id = await conn.fetchval("SELECT id FROM person WHERE login = $1", login)
            key, _ = await keys.create(
                conn,
                login,
                grantable_scopes(frozenset(roles)),
                self.uow.clock.stamp(),
                person_id=person_id,
            )
        self.keys[login] = key
        return key

    async def hire(self, group: str, *logins: str, tier: str = "tier2") -> None:
        """Create a group of a tier and the people in it, without keys."""
        await hire(self.uow.pool, group, *logins, tier=tier)

    async def incident(self, **fields: Any) -> dict[str, Any]:
        status, made = await self.call(
            "POST", "/api/v1/incidents", {"title": "Mail is down"} | fields
        )
        assert status == 201, made
        return dict(made)


QUOTA = AttachmentQuota(each=20_000, count=3, record=50_000, link=2)


async def refuse_intake(submission: Submission) -> Receipt:
    """Raise Unavailable: intake needs the whole application, see tests/ingest."""
    raise Unavailable(f"nothing is taken in here: {submission.source}")


async def refuse_set_aside(entry: int, by: Principal) -> OpenedMail:
    """Raise Unavailable: opening a set-aside mail needs the whole application.

    See tests/scenarios.
    """
    raise Unavailable(f"{by.name} cannot open {entry} here")


@pytest.fixture(scope="session")
def passwords() -> Iterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


@pytest.fixture
def login(pool: Pool, clock: FakeClock, passwords: Passwords) -> LoginService:
    """Return a login service that allows three attempts in a quarter of an hour."""
    return LoginService(
        pool, clock, passwords, LoginLimits(3, timedelta(minutes=15)), timedelta(hours=12)
    )


@pytest.fixture
def oidc() -> OidcLogin | None:
    """Return None; a test module may override it."""
    return None


@pytest.fixture
def configuration() -> str:
    """Return the shipped default configuration; a test module may override it."""
    return ""


@pytest.fixture
def stores(pool: Pool) -> FileStores:
    """Return the stores of attachments: the database; a test module may override it."""
    return FileStores(pool, FilePlace.PARTS, {})


@pytest.fixture
async def api(
    pool: Pool,
    clock: FakeClock,
    login: LoginService,
    oidc: OidcLogin | None,
    configuration: str,
    tmp_path: Path,
    stores: FileStores,
) -> AsyncIterator[Api]:
    async def reserve(count: int, stamp: Any) -> store.Reserved:
        async with pool.acquire() as conn:
            return await store.reserve(conn, count, stamp)

    (tmp_path / "gateway.toml").write_text(configuration)
    settings = load(tmp_path / "gateway.toml", {})
    known, fields = Catalogue(settings), CustomFields.from_settings(settings.fields)
    uow = UnitOfWork(pool, clock, b"test key", reserve, lambda _: None, known, fields)
    made = {}
    async with pool.acquire() as conn:
        for scope in Scope:
            made[str(scope)], _ = await keys.create(
                conn, str(scope), frozenset({scope}), clock.stamp()
            )
    app = web.Application()
    app[request_bodies.BUDGETS] = request_bodies.Budgets(
        *(request_bodies.Budget(2**24, 2**22, lambda: None) for _ in range(2))
    )
    attachments = AttachmentService(uow, stores, QUOTA)
    links = ReporterLinks((b"new secret", b"old secret"), timedelta(days=30))
    mender = QuarantineReview(
        Replay(pool, {generic.SOURCE.slug: generic.SOURCE}, {}, refuse_intake, clock, Mappings())
    )
    context = Context(
        uow,
        Authenticator(pool, clock),
        login,
        oidc,
        links,
        attachments,
        mender,
        settings.problems,
        refuse_set_aside,
        settings.limits,
        CalendarFiles(asyncio.to_thread, AddressGuard()),
    )
    pages = Pages("en", "Asia/Shanghai")
    shown = with_problem_pages(
        [*ReporterPage(context, pages).routes(), *RecordPage(context, pages).routes()], pages
    )
    app.add_routes(
        edge.wrap_routes(
            build_api_routes(context) + build_docs() + build_reference(pages) + shown,
            clock,
            lambda *_: None,
            Deadlines(60),
        )
    )
    server = TestServer(app)
    await server.start_server(auto_decompress=False)
    async with TestClient(server) as client:
        yield Api(client, made, uow, links)
