"""The API of sign-in and sign-out, and of the caller's own password and keys."""

from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.access import keys
from gateway.access.keys import Scope
from gateway.access.login import LoginSession, PasswordChange
from gateway.api.context import ApiCall, respond
from gateway.api.idempotent_response import ChangeResult, answer_once
from gateway.api.setup.keys import CreatedKey, KeyList
from gateway.api.setup.people import PersonView, person_view
from gateway.db.pool import Connection, acquire
from gateway.directory import people
from gateway.errors import Conflict, Flaw, Forbidden, Unprocessable
from gateway.untrusted.bounds import Moment, Request, Title

Password = Annotated[str, Meta(max_length=1_024)]


class PasswordCredentials(Request, kw_only=True):
    """A login and its password."""

    login: Annotated[str, Meta(max_length=256)]
    password: Password


class OpenedSession(msgspec.Struct):
    """A session: send `token` as a Bearer key until `expires_at`; it is shown only once."""

    token: str
    expires_at: datetime | None
    person: PersonView


class OwnKeyView(msgspec.Struct):
    """The owner of the key and its scopes; `person` is null for a machine's key."""

    name: str
    scopes: list[str]
    person: PersonView | None


class NewPassword(Request, kw_only=True):
    """A new password; every other session ends, and with them the keys and chat accounts.

    With `keep_keys` keys and chat accounts stay.
    """

    old: Password
    new: Password
    keep_keys: bool = False


class InitialPassword(Request, kw_only=True):
    """A password for somebody who has none or forgot it.

    All their sessions, keys and chat accounts end.
    """

    new: Password


class NewOwnKey(Request, kw_only=True):
    """A key to create for the caller, with no wider scopes than the key it is made with."""

    name: Title
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=3)]
    expires_at: Moment | None = None


async def log_in(call: ApiCall[PasswordCredentials]) -> web.Response:
    """Open a session by login and password."""
    asked = call.body
    session = await call.context.login.by_password(asked.login, asked.password, call.address)
    return await respond_with_session(call, session)


async def respond_with_session(call: ApiCall[object], session: LoginSession) -> web.Response:
    """Return a session as the API shows it, once."""
    async with acquire(call.context.uow.pool) as conn:
        person = await people.by_login(conn, session.login)
    return respond(OpenedSession(session.token, session.info.expires_at, person_view(person)))


async def log_out(call: ApiCall[None]) -> web.Response:
    """End the session that the request comes with; raises Conflict for another key."""
    require_person_id(call)
    if not call.caller.session:
        raise Conflict("this key is no session: it is revoked under /api/v1/me/keys")
    async with acquire(call.context.uow.pool) as conn:
        await keys.revoke(conn, call.caller.id, call.context.uow.clock.stamp())
    call.context.keys.forget(call.caller.id)
    return web.Response(status=204)


async def read_me(call: ApiCall[None]) -> web.Response:
    """Return the owner and the scopes of the caller's key."""
    person: PersonView | None = None
    if call.caller.person_id is not None:
        async with acquire(call.context.uow.pool) as conn:
            person = person_view(await people.by_login(conn, call.caller.who.name))
    return respond(OwnKeyView(call.caller.who.name, sorted(call.caller.scopes), person))


async def put_password(call: ApiCall[NewPassword]) -> web.Response:
    """Change the caller's own password."""
    require_person_id(call)
    given = PasswordChange(call.body.old, call.body.new, call.body.keep_keys)
    await call.context.login.change_password(
        call.caller.who.name, given, call.address, call.caller.id
    )
    return web.Response(status=204)


async def put_initial_password(call: ApiCall[InitialPassword]) -> web.Response:
    """Set the password of a person."""
    await call.context.login.set_password(call.request.match_info["login"], call.body.new)
    return web.Response(status=204)


async def list_own_keys(call: ApiCall[None]) -> web.Response:
    """List the caller's keys and sessions, without those that are over."""
    async with acquire(call.context.uow.pool) as conn:
        return respond(
            KeyList(
                await keys.keys_of_person(
                    conn, require_person_id(call), call.context.uow.clock.stamp()
                )
            )
        )


async def create_own_key(call: ApiCall[NewOwnKey]) -> web.Response:
    """Create a key for a script of the caller."""
    owner, asked = require_person_id(call), call.body
    if not set(asked.scopes) <= call.caller.scopes - {Scope.INGEST}:
        raise Unprocessable(
            "a key is no wider than the one it is made with",
            flaws=(Flaw("/scopes", "wider than your own key"),),
        )
    uow, most = call.context.uow, call.context.limits.own_keys

    async def work(conn: Connection) -> ChangeResult:
        if len(await keys.keys_of_person(conn, owner, uow.clock.stamp())) >= most:
            raise Unprocessable(
                f"limits.own_keys is {most} for keys and sessions of one person: end some"
            )
        text, info = await keys.create(
            conn,
            asked.name,
            frozenset(asked.scopes),
            uow.clock.stamp(),
            expires_at=asked.expires_at,
            person_id=owner,
        )
        return ChangeResult(CreatedKey(text, info), 201)

    return (await answer_once(call, work, secret=True))[0]


async def revoke_own_key(call: ApiCall[None]) -> web.Response:
    """Revoke a key or session of the caller."""
    key_id = call.id
    async with acquire(call.context.uow.pool) as conn:
        await keys.revoke(
            conn, key_id, call.context.uow.clock.stamp(), person_id=require_person_id(call)
        )
    call.context.keys.forget(key_id)
    return web.Response(status=204)


def require_person_id(call: ApiCall[object]) -> int:
    """Return the id of the person who calls; raises Forbidden for a machine's key."""
    if call.caller.person_id is None:
        raise Forbidden("this is for people, and the key is a machine's")
    return call.caller.person_id
