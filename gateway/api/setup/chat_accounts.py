"""The API of people's chat accounts, and of codes by which people link their own."""

from datetime import datetime
from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.idempotent_response import ChangeResult, answer_once
from gateway.db.pool import Connection, acquire, transaction
from gateway.directory import chat_accounts as chats
from gateway.directory import people
from gateway.errors import Forbidden
from gateway.untrusted.bounds import Request

log = structlog.get_logger()

Provider = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")]
Account = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x20\x7f]*\Z")]
Tenant = Annotated[str, Meta(max_length=128, pattern=r"^[^\x00-\x20\x7f]*\Z")]


class NewChat(Request, kw_only=True):
    """A chat account to link to a person.

    `user` and `tenant` are the vendor's ids of the person and of the workspace or company they
    speak from.
    """

    provider: Provider
    tenant: Tenant
    user: Account


class ChatQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The chat account to unlink."""

    provider: Provider
    tenant: Tenant
    user: Account


class ChatView(msgspec.Struct):
    """A chat account of a person."""

    provider: str
    tenant: str
    user: str
    linked_at: datetime


class ChatList(msgspec.Struct):
    """The chat accounts of a person."""

    chats: list[ChatView]


class ChatCode(msgspec.Struct):
    """A code to write into the chat, as `link CODE`, until `expires_at`.

    It counts once, and is shown only once.
    """

    code: str
    expires_at: datetime


def _view(one: chats.ChatAccount) -> ChatView:
    return ChatView(one.provider, one.tenant, one.user, one.linked_at)


async def list_chats(call: ApiCall[None]) -> web.Response:
    """List the chat accounts of a person."""
    async with acquire(call.context.uow.pool) as conn:
        person = await people.by_login(conn, call.request.match_info["login"])
        return respond(ChatList([_view(one) for one in await chats.of_person(conn, person.id)]))


async def link_chat(call: ApiCall[NewChat]) -> web.Response:
    """Link a chat account to a person."""
    login, asked, stamp = (
        call.request.match_info["login"],
        call.body,
        call.context.uow.clock.stamp(),
    )

    async def work(conn: Connection) -> ChangeResult:
        person = await people.by_login(conn, login, lock=True)
        return ChangeResult(
            _view(
                await chats.link(conn, person.id, asked.provider, asked.tenant, asked.user, stamp)
            ),
            201,
        )

    response, fresh = await answer_once(call, work)
    if fresh:
        log.info("chat_linked", login=login, provider=asked.provider, by=call.actor)
    return response


async def unlink_chat(call: QueryCall[ChatQuery]) -> web.Response:
    """Unlink a chat account from a person."""
    login, asked = call.request.match_info["login"], call.query
    async with transaction(call.context.uow.pool) as conn:
        person = await people.by_login(conn, login, lock=True)
        await chats.unlink(conn, person.id, asked.provider, asked.tenant, asked.user)
    log.info("chat_unlinked", login=login, provider=asked.provider, by=call.actor)
    return web.Response(status=204)


async def make_code(call: ApiCall[None]) -> web.Response:
    """Create a code for a person, in place of the one before."""
    return await _made(call, call.request.match_info["login"])


async def make_own_code(call: ApiCall[None]) -> web.Response:
    """Create a code for the caller, in place of the one before."""
    if call.caller.person_id is None:
        raise Forbidden("this is for people, and the key is a machine's")
    return await _made(call, call.who.name)


async def _made(call: ApiCall[object], login: str) -> web.Response:
    stamp = call.context.uow.clock.stamp()
    async with transaction(call.context.uow.pool) as conn:
        person = await people.by_login(conn, login, lock=True)
        code, expires_at = await chats.new_code(conn, person.id, stamp)
    log.info("chat_code_made", login=login, by=call.actor)
    return respond(ChatCode(code, expires_at), 201)
