"""The API of keys: create, list, revoke."""

import msgspec
from aiohttp import web

from gateway.access import keys
from gateway.access.keys import KeyInfo, Scope
from gateway.api import wire
from gateway.api.context import ApiCall, respond
from gateway.api.idempotent_response import ChangeResult, answer_once
from gateway.db.pool import Connection, acquire
from gateway.errors import Unprocessable
from gateway.incidents.visibility import has_security_role


class CreatedKey(msgspec.Struct):
    """A new key; `key` is shown only once and stored nowhere."""

    key: str
    info: KeyInfo


class KeyList(msgspec.Struct):
    """Keys without their secrets."""

    keys: list[KeyInfo]


INTEGRATION = """
INSERT INTO integration (slug, name) VALUES ($1::text, $1::text)
ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id
"""


async def create_key(call: ApiCall[wire.NewKey]) -> web.Response:
    """Create a key; an ingest key belongs to the integration named, which is created if it is new.

    A key sees no security incidents that its creator does not see.
    """
    expires = call.body.expires_at
    if Scope.INGEST in call.body.scopes and call.body.integration is None:
        raise Unprocessable("a key with the scope ingest names the integration it sends for")
    stamp = call.context.uow.clock.stamp()

    async def work(conn: Connection) -> ChangeResult:
        named = call.body.integration
        integration = None if named is None else await conn.fetchval(INTEGRATION, named)
        text, info = await keys.create(
            conn,
            call.body.name,
            frozenset(call.body.scopes),
            stamp,
            integration_id=integration,
            expires_at=expires,
            privy=has_security_role(call.who.parts),
        )
        return ChangeResult(CreatedKey(text, info), 201)

    return (await answer_once(call, work, secret=True))[0]


async def list_keys(call: ApiCall[None]) -> web.Response:
    """List all keys."""
    async with acquire(call.context.uow.pool) as conn:
        return respond(KeyList(await keys.all_keys(conn)))


async def revoke_key(call: ApiCall[None]) -> web.Response:
    """Revoke a key; every replica refuses it within five seconds."""
    async with acquire(call.context.uow.pool) as conn:
        key_id = call.id
        await keys.revoke(conn, key_id, call.context.uow.clock.stamp())
    call.context.keys.forget(key_id)
    return web.Response(status=204)
