"""The API of services and configuration items, of their import and of the impact of an outage."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import msgspec
import structlog
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.idempotent_response import ChangeResult, answer_once
from gateway.api.setup.people import Title
from gateway.api.setup.resource import Resource
from gateway.catalogue import cis, importing, services
from gateway.catalogue.importing import Aliases, Attributes, CiKind, NewCi, ServiceSlug, Upstream
from gateway.catalogue.model import Ci, ImpactedItem, Service
from gateway.db.pool import Connection, acquire, in_transaction
from gateway.errors import Malformed
from gateway.operations.unit_of_work import UnitOfWork
from gateway.untrusted.bounds import Name, Request, Slug, Text
from gateway.vocabulary import Criticality
from gateway.web import body

log = structlog.get_logger()

Targets = Annotated[
    dict[str, Annotated[dict[str, Annotated[str, Meta(max_length=32)]], Meta(max_length=5)]],
    Meta(max_length=4),
]


class NewService(Request, kw_only=True):
    """A service to create; groups are slugs, "" is none."""

    slug: Slug
    name: Title
    description: Text = ""
    owner_group: ServiceSlug = ""
    desk_group: ServiceSlug = ""
    tier2_group: ServiceSlug = ""
    tier3_group: ServiceSlug = ""
    criticality: Criticality = Criticality.NORMAL
    support_hours: Name = ""
    policy: Name = ""
    targets: Targets = msgspec.field(default_factory=dict)
    aliases: Aliases = msgspec.field(default_factory=list)
    active: bool = True


class ServicePatch(Request, kw_only=True):
    """Changes of a service; `targets` replaces all of them."""

    name: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    owner_group: ServiceSlug | UnsetType = UNSET
    desk_group: ServiceSlug | UnsetType = UNSET
    tier2_group: ServiceSlug | UnsetType = UNSET
    tier3_group: ServiceSlug | UnsetType = UNSET
    criticality: Criticality | UnsetType = UNSET
    support_hours: Name | UnsetType = UNSET
    policy: Name | UnsetType = UNSET
    targets: Targets | UnsetType = UNSET
    aliases: Aliases | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class ServiceView(msgspec.Struct):
    """A service as the API shows it."""

    slug: str
    name: str
    description: str
    owner_group: str
    desk_group: str
    tier2_group: str
    tier3_group: str
    criticality: Criticality
    support_hours: str
    policy: str
    targets: dict[str, dict[str, str]]
    aliases: list[str]
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


class ServicePage(msgspec.Struct):
    """A page of services; `next` is the `after` of the next page, null at the end."""

    services: list[ServiceView]
    next: str | None


class ServiceQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A filter of services, the slug to continue after, and the most to return."""

    active: bool | None = None
    after: Annotated[str, Meta(max_length=64)] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class CiPatch(Request, kw_only=True):
    """Changes of a configuration item; `attributes` and `depends_on` replace all of them."""

    kind: CiKind | UnsetType = UNSET
    service: ServiceSlug | UnsetType = UNSET
    attributes: Attributes | UnsetType = UNSET
    depends_on: Upstream | UnsetType = UNSET
    aliases: Aliases | UnsetType = UNSET


class CiView(msgspec.Struct):
    """A configuration item as the API shows it.

    `depends_on` is upstream, `dependents` downstream.
    """

    name: str
    kind: str
    service: str
    attributes: dict[str, str]
    depends_on: list[str]
    dependents: list[str]
    aliases: list[str]
    version: int
    created_at: datetime
    updated_at: datetime


class CiPage(msgspec.Struct):
    """A page of configuration items; `next` is the `after` of the next page, null at the end."""

    cis: list[CiView]
    next: str | None


class CiQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A filter of configuration items, the name to continue after, and the most to return."""

    service: Annotated[str, Meta(max_length=64)] | None = None
    after: Annotated[str, Meta(max_length=128)] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class ImportResult(msgspec.Struct):
    """The number of configuration items that were written."""

    imported: int


class ImpactView(msgspec.Struct):
    """The items that depend on a configuration item, nearest first; `more` if there are others."""

    name: str
    reaches: list[ImpactedItem]
    more: bool


def _service_view(one: Service) -> ServiceView:
    shown = {name: getattr(one, name) for name in ServiceView.__struct_fields__}
    targets = {priority: dict(row) for priority, row in one.targets.items()}
    return ServiceView(**shown | {"targets": targets, "aliases": list(one.aliases)})


def _ci_view(one: Ci) -> CiView:
    lists = {name: list(getattr(one, name)) for name in ("depends_on", "dependents", "aliases")}
    shown = {name: getattr(one, name) for name in CiView.__struct_fields__}
    return CiView(**shown | lists | {"attributes": dict(one.attributes)})


async def _refresh(uow: UnitOfWork) -> None:
    """Read the catalogue anew, so that this replica goes by the change at once."""
    await uow.catalogue.refresh(uow.pool, uow.clock.stamp())


SERVICES = Resource(
    "/api/v1/services",
    _service_view,
    lambda service: service.slug,
    created="service_made",
    changed="service_changed",
    after_change=_refresh,
)
CIS = Resource(
    "/api/v1/cis",
    _ci_view,
    lambda ci: ci.name,
    created="ci_made",
    changed="ci_changed",
    after_change=_refresh,
)


async def list_services(call: QueryCall[ServiceQuery]) -> web.Response:
    """Return a page of services by slug."""
    query = call.query
    async with acquire(call.context.uow.pool) as conn:
        found = await services.page(conn, query.after, query.limit + 1, active=query.active)
    return respond(ServicePage(*SERVICES.page(found, query.limit)))


async def create_service(call: ApiCall[NewService]) -> web.Response:
    """Create a service."""
    fields, uow = msgspec.structs.asdict(call.body), call.context.uow
    slug = fields.pop("slug")
    uow.catalogue.check(fields["policy"], fields["support_hours"], fields["targets"])

    async def create(conn: Connection) -> Service:
        return await services.create(conn, slug, fields, uow.clock.stamp())

    return await SERVICES.create(call, create, slug=slug)


async def read_service(call: ApiCall[None]) -> web.Response:
    """Return one service."""
    slug = call.request.match_info["slug"]
    return await SERVICES.read(call, lambda conn: services.by_slug(conn, slug))


async def patch_service(call: ApiCall[ServicePatch]) -> web.Response:
    """Change a service."""
    return await _service_changed(call, body.sent_fields(call.body))


async def deactivate_service(call: ApiCall[None]) -> web.Response:
    """Deactivate a service; records continue to name it."""
    await _service_changed(call, {"active": False})
    return web.Response(status=204)


async def _service_changed(call: ApiCall[object], changes: dict[str, Any]) -> web.Response:
    slug, if_match, uow = call.request.match_info["slug"], call.if_match(), call.context.uow
    uow.catalogue.check(
        changes.get("policy", ""), changes.get("support_hours", ""), changes.get("targets", {})
    )

    async def change(conn: Connection) -> Service:
        return await services.change(conn, slug, changes, uow.clock.stamp(), if_match=if_match)

    return await SERVICES.change(call, change, slug=slug, fields=sorted(changes))


async def list_cis(call: QueryCall[CiQuery]) -> web.Response:
    """Return a page of configuration items by name."""
    query = call.query
    async with acquire(call.context.uow.pool) as conn:
        found = await cis.page(conn, query.after, query.limit + 1, service=query.service)
    return respond(CiPage(*CIS.page(found, query.limit)))


async def create_ci(call: ApiCall[NewCi]) -> web.Response:
    """Create a configuration item."""
    stamp = call.context.uow.clock.stamp()

    async def create(conn: Connection) -> Ci:
        return await cis.create(conn, call.body.draft(), stamp)

    return await CIS.create(call, create, name=call.body.name)


async def read_ci(call: ApiCall[None]) -> web.Response:
    """Return one configuration item."""
    name = call.request.match_info["name"]
    return await CIS.read(call, lambda conn: cis.by_name(conn, name))


async def patch_ci(call: ApiCall[CiPatch]) -> web.Response:
    """Change a configuration item."""
    name, if_match = call.request.match_info["name"], call.if_match()
    changes, stamp = body.sent_fields(call.body), call.context.uow.clock.stamp()

    async def change(conn: Connection) -> Ci:
        return await cis.change(conn, name, changes, stamp, if_match=if_match)

    return await CIS.change(call, change, name=name, fields=sorted(changes))


async def delete_ci(call: ApiCall[None]) -> web.Response:
    """Delete a configuration item on which nothing depends."""
    name, if_match = call.request.match_info["name"], call.if_match()

    async def work(conn: Connection) -> None:
        await cis.delete(conn, name, if_match=if_match)

    await in_transaction(call.context.uow.pool, work)
    log.info("ci_deleted", name=name, by=call.actor)
    return web.Response(status=204)


async def import_cis(call: ApiCall[None]) -> web.Response:
    """Import configuration items: all of them, or none."""
    try:
        text = (await body.read(call.request)).decode()
    except UnicodeDecodeError as error:
        raise Malformed("send UTF-8") from error
    if "\0" in text:
        raise Malformed("the body holds NUL, which no database keeps")
    uow = call.context.uow
    # ten thousand items would block the event loop for too long; they are read one by one, so that
    # a thread leaves it its turns
    drafts = await asyncio.to_thread(
        importing.read_items, text, as_csv=call.request.content_type == "text/csv"
    )

    async def work(conn: Connection) -> ChangeResult:
        if drafts:
            await cis.write(conn, drafts, uow.clock.stamp())
        return ChangeResult(ImportResult(len(drafts)))

    response, fresh = await answer_once(call, work, content=text.encode())
    if fresh:
        await _refresh(uow)
        log.info("cis_imported", items=len(drafts), by=call.actor)
    return response


async def read_impact(call: ApiCall[None]) -> web.Response:
    """Return the items that depend on a configuration item."""
    name = call.request.match_info["name"]
    async with acquire(call.context.uow.pool) as conn:
        reaches, more = await cis.impact(conn, name)
    return respond(ImpactView(name, reaches, more))
