"""Keys and the integrations they send for, for administrators."""

from datetime import datetime

import msgspec
from aiohttp import web

from gateway.api.context import Call, respond
from gateway.db.pool import acquire, transaction
from gateway.errors import Flaw, NotFound, Unprocessable
from gateway.operations import keys
from gateway.operations.keys import Scope


class KeyView(msgspec.Struct, kw_only=True):
    """A key without its secret."""

    id: int
    prefix: str
    name: str
    scopes: list[Scope]
    integration_id: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class KeyList(msgspec.Struct):
    """All keys, revoked ones too."""

    keys: list[KeyView]


class NewKeyView(KeyView, kw_only=True):
    """A key just made; `key` is shown this once and kept nowhere."""

    key: str


async def list_keys(call: Call) -> web.Response:
    """All keys."""
    async with acquire(call.context.pool) as conn:
        known = await keys.everything(conn)
    return respond(KeyList([msgspec.convert(info, KeyView, from_attributes=True) for info in known]))


INTEGRATION = "SELECT true FROM integration WHERE id = $1::int"


async def create_key(call: Call) -> web.Response:
    """Make a key."""
    body, stamp = call.body, call.context.clock.stamp()
    async with transaction(call.context.pool) as conn:
        if body.integration_id is not None and not await conn.fetchval(INTEGRATION, body.integration_id):
            raise Unprocessable("there is no such integration", flaws=(Flaw("/integration_id", "unknown"),))
        text, info = await keys.create(
            conn, body.name, frozenset(body.scopes), stamp, integration_id=body.integration_id, expires_at=body.expires_at
        )
    shown = msgspec.convert(info, KeyView, from_attributes=True)
    return respond(NewKeyView(**msgspec.structs.asdict(shown), key=text), 201)


async def revoke_key(call: Call) -> web.Response:
    """End a key."""
    key = call.request.match_info["id"]
    if not (key.isascii() and key.isdecimal() and len(key) < 11 and int(key) < 2**31):
        raise NotFound("there is no such key")
    async with transaction(call.context.pool) as conn:
        await keys.revoke(conn, int(key), call.context.clock.stamp())
    return web.Response(status=204)
