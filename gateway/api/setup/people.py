"""The API of people and groups: list, create, read, change, deactivate."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import structlog
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.access.credentials import revoke_all
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.setup.resource import Resource
from gateway.api.setup.stated_methods import Methods, checked_methods
from gateway.db.pool import Connection, acquire, transaction
from gateway.directory import groups, people
from gateway.directory.contact_methods import replace_methods
from gateway.directory.person import Group, Person
from gateway.directory.roles import GroupTier, Role
from gateway.untrusted.bounds import Name, Request, Slug
from gateway.web import body

log = structlog.get_logger()

Login = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}\Z")]
Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Contact = Annotated[str, Meta(max_length=254)]
Words = Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=100)]
Roles = Annotated[list[Role], Meta(max_length=8)]
Locale = Literal["en", "zh-CN"]


class NewPerson(Request, kw_only=True):
    """A person to create; without roles they may do nothing.

    `methods` are their contact methods in the order they are tried; none means by e-mail.
    """

    login: Login
    name: Title
    email: Contact = ""
    phone: Contact = ""
    locale: Locale = "en"
    zone: Name = "UTC"
    active: bool = True
    roles: Roles = msgspec.field(default_factory=list)
    skills: Words = msgspec.field(default_factory=list)
    methods: Methods = msgspec.field(default_factory=list)


class PersonPatch(Request, kw_only=True):
    """Changes of a person; fields left out stay as they are."""

    name: Title | UnsetType = UNSET
    email: Contact | UnsetType = UNSET
    phone: Contact | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    zone: Name | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    roles: Roles | UnsetType = UNSET
    skills: Words | UnsetType = UNSET


class PersonView(msgspec.Struct):
    """A person as the API shows it."""

    login: str
    name: str
    email: str
    phone: str
    locale: str
    zone: str
    active: bool
    roles: list[Role]
    skills: list[str]
    groups: list[str]
    version: int
    created_at: datetime
    updated_at: datetime


class PeoplePage(msgspec.Struct):
    """A page of people; `next` is the `after` of the next page, null at the end."""

    people: list[PersonView]
    next: str | None


class PeopleQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A filter of people, the login to continue after, and the most to return."""

    active: bool | None = None
    role: Role | None = None
    after: Annotated[str, Meta(max_length=64)] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class NewGroup(Request, kw_only=True):
    """A group to create; members are logins."""

    slug: Slug
    name: Title
    tier: GroupTier
    active: bool = True
    skills: Words = msgspec.field(default_factory=list)
    members: Annotated[list[Login], Meta(max_length=500)] = msgspec.field(default_factory=list)


class GroupPatch(Request, kw_only=True):
    """Changes of a group; `members` replaces all of them."""

    name: Title | UnsetType = UNSET
    tier: GroupTier | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    skills: Words | UnsetType = UNSET
    members: Annotated[list[Login], Meta(max_length=500)] | UnsetType = UNSET


class GroupView(msgspec.Struct):
    """A group as the API shows it."""

    slug: str
    name: str
    tier: GroupTier
    active: bool
    skills: list[str]
    members: list[str]
    version: int
    created_at: datetime
    updated_at: datetime


class GroupPage(msgspec.Struct):
    """A page of groups; `next` is the `after` of the next page, null at the end."""

    groups: list[GroupView]
    next: str | None


class GroupQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A filter of groups, the slug to continue after, and the most to return."""

    tier: GroupTier | None = None
    after: Annotated[str, Meta(max_length=64)] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


LOGGED_FIELDS = frozenset({"roles", "active"})
"""The fields of a person whose changes are logged with their value."""


def person_view(one: Person) -> PersonView:
    """Return the person as the API shows them."""
    lists = {"roles": sorted(one.roles), "skills": list(one.skills), "groups": list(one.groups)}
    return PersonView(**{name: getattr(one, name) for name in PersonView.__struct_fields__} | lists)


def _group_view(one: Group) -> GroupView:
    lists = {"skills": list(one.skills), "members": list(one.members)}
    return GroupView(**{name: getattr(one, name) for name in GroupView.__struct_fields__} | lists)


PEOPLE = Resource(
    "/api/v1/people",
    person_view,
    lambda person: person.login,
    created="person_made",
    changed="person_changed",
)
GROUPS = Resource(
    "/api/v1/groups",
    _group_view,
    lambda group: group.slug,
    created="group_made",
    changed="group_changed",
)


async def list_people(call: QueryCall[PeopleQuery]) -> web.Response:
    """Return a page of people by login."""
    query = call.query
    async with acquire(call.context.uow.pool) as conn:
        found = await people.page(
            conn, query.after, query.limit + 1, active=query.active, role=query.role
        )
    return respond(PeoplePage(*PEOPLE.page(found, query.limit)))


async def create_person(call: ApiCall[NewPerson]) -> web.Response:
    """Create a person; the contact methods that an administrator states count as verified."""
    fields, stamp = msgspec.structs.asdict(call.body), call.context.uow.clock.stamp()
    methods = checked_methods(call, fields.pop("methods"))

    async def create(conn: Connection) -> Person:
        made = await people.create(conn, fields, stamp)
        await replace_methods(conn, made.login, methods, stamp, by_administrator=True)
        return made

    return await PEOPLE.create(call, create, login=fields["login"], roles=sorted(fields["roles"]))


async def read_person(call: ApiCall[None]) -> web.Response:
    """Return one person."""
    return await PEOPLE.read(call, lambda conn: people.by_login(conn, _login(call)))


async def patch_person(call: ApiCall[PersonPatch]) -> web.Response:
    """Change a person."""
    return await _changed(call, body.sent_fields(call.body))


async def deactivate_person(call: ApiCall[None]) -> web.Response:
    """Deactivate a person; what was done under their name stays."""
    await _changed(call, {"active": False})
    return web.Response(status=204)


def _login(call: ApiCall[object]) -> str:
    return call.request.match_info["login"]


async def _changed(call: ApiCall[object], changes: dict[str, Any]) -> web.Response:
    login, stamp = _login(call), call.context.uow.clock.stamp()

    async def change(conn: Connection) -> Person:
        before = await people.by_login(conn, login, lock=True)
        one = await people.change(conn, login, changes, stamp, if_match=call.if_match())
        if not one.active or before.roles - one.roles:
            await revoke_all(conn, one.id, stamp)
        return one

    told = {name: changes[name] for name in LOGGED_FIELDS & changes.keys()}
    return await PEOPLE.change(call, change, login=login, fields=sorted(changes), **told)


async def unlink_identity(call: ApiCall[None]) -> web.Response:
    """Delete a person's link to the identity provider, and end all that was issued to them."""
    login, stamp = call.request.match_info["login"], call.context.uow.clock.stamp()
    async with transaction(call.context.uow.pool) as conn:
        await revoke_all(conn, await people.unbind_identity(conn, login, stamp), stamp)
    log.info("identity_forgotten", login=login, by=call.actor)
    return web.Response(status=204)


async def list_groups(call: QueryCall[GroupQuery]) -> web.Response:
    """Return a page of groups by slug."""
    query = call.query
    async with acquire(call.context.uow.pool) as conn:
        found = await groups.page(conn, query.after, query.limit + 1, tier=query.tier)
    return respond(GroupPage(*GROUPS.page(found, query.limit)))


async def create_group(call: ApiCall[NewGroup]) -> web.Response:
    """Create a group."""
    fields = msgspec.structs.asdict(call.body)
    members = fields.pop("members")

    async def create(conn: Connection) -> Group:
        return await groups.create(conn, fields, members, call.context.uow.clock.stamp())

    return await GROUPS.create(call, create, slug=fields["slug"], members=list(members))


async def read_group(call: ApiCall[None]) -> web.Response:
    """Return one group."""
    return await GROUPS.read(call, lambda conn: groups.by_slug(conn, _slug(call)))


async def patch_group(call: ApiCall[GroupPatch]) -> web.Response:
    """Change a group."""
    return await _group_changed(call, body.sent_fields(call.body))


async def deactivate_group(call: ApiCall[None]) -> web.Response:
    """Deactivate a group; its members and its history stay."""
    await _group_changed(call, {"active": False})
    return web.Response(status=204)


def _slug(call: ApiCall[object]) -> str:
    return call.request.match_info["slug"]


async def _group_changed(call: ApiCall[object], changes: dict[str, Any]) -> web.Response:
    slug, members = _slug(call), changes.pop("members", None)

    async def change(conn: Connection) -> Group:
        return await groups.change(
            conn, slug, changes, members, call.context.uow.clock.stamp(), if_match=call.if_match()
        )

    return await GROUPS.change(call, change, slug=slug, fields=sorted(changes), members=members)
