"""The adapter of Telegram: updates with messages and pressed buttons. Pure.

https://core.telegram.org/bots/api#update and #setwebhook. Each request brings the secret that
the webhook was set with; an update has no time of its own and comes again, under the same id,
until it is answered with 200. The answer may hold a call of the API.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway.channels.chat.contract import (
    ButtonPress,
    ChatEvent,
    ChatMessage,
    ChatProvider,
    ChatReply,
    ChatRequest,
    ChatSettings,
    IgnoredChatEvent,
)
from gateway.channels.chat.telegram.messages import read_data
from gateway.errors import Malformed, Unauthenticated
from gateway.ingest.reading import limits, signatures
from gateway.ingest.reading.conform import decode_repaired

SLUG = "telegram"
TENANT = "telegram"
"""The tenant of all accounts: a person has one number, whatever chat they write in."""

SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
MAX_ALERT = 200
"""The maximum number of characters of the answer to a press."""

COMMAND = re.compile(r"/([a-z_]{1,32})(?:@\w{1,64})?(?=\s|\Z)", re.ASCII | re.IGNORECASE)
MENTION_OF_BOT = re.compile(r"@\w{2,61}bot\b", re.ASCII | re.IGNORECASE)
"""A mention of a bot; the names of all bots end so."""

START = re.compile(r"start(?:\s+([A-Za-z0-9]{12}))?\s*", re.IGNORECASE)
"""The command of somebody who opens the bot, alone or by a link with a code."""


class TelegramUser(msgspec.Struct):
    """Somebody who writes or presses."""

    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class TelegramChat(msgspec.Struct):
    """A chat; that with one person is `private`."""

    id: int
    type: str = ""


class RepliedMessage(msgspec.Struct):
    """The message that another one answers."""

    message_id: int
    sender: TelegramUser | None = msgspec.field(default=None, name="from")


class TelegramMessage(msgspec.Struct):
    """A message; one with a file has a caption instead of a text."""

    message_id: int
    chat: TelegramChat
    date: int = 0
    sender: TelegramUser | None = msgspec.field(default=None, name="from")
    text: str = ""
    caption: str = ""
    reply_to_message: RepliedMessage | None = None


class PressedMessage(msgspec.Struct):
    """The message that a pressed button is in."""

    message_id: int
    chat: TelegramChat


class CallbackQuery(msgspec.Struct):
    """A pressed button."""

    id: str
    sender: TelegramUser = msgspec.field(name="from")
    data: str = ""
    message: PressedMessage | None = None


class TelegramUpdate(msgspec.Struct):
    """An update: one of many things that happen."""

    update_id: int
    message: TelegramMessage | None = None
    callback_query: CallbackQuery | None = None


def read(call: ChatRequest, chat: ChatSettings) -> ChatEvent:
    """Return the message or press of an update; raises Unauthenticated and Malformed."""
    given = call.headers.get(SECRET, "").encode("utf-8", "replace")
    secrets = signatures.encode_secrets(chat.secrets)
    if not any([hmac.compare_digest(secret, given) for secret in secrets]):  # noqa: C419 - a generator would stop early
        raise Unauthenticated("the request does not bring a secret of chat.telegram.secrets")
    return read_update(call.body, chat)


def read_update(body: bytes, chat: ChatSettings) -> ChatEvent:
    """Return the message or press of an update that is known to be Telegram's."""
    update = decode_repaired(body, TelegramUpdate, retyped=False)
    if update.callback_query is not None:
        return _press(update.update_id, update.callback_query, chat)
    if update.message is not None:
        return _message(update.update_id, update.message, chat)
    return IgnoredChatEvent("tells nothing of records")


NOT_ALLOWED = IgnoredChatEvent("this chat is not among chat.telegram.tenants")
"""The event of a chat that may not use the gateway.

Anybody can write to a bot. A refusal would come again, and keep what others write waiting.
"""


def _is_allowed(where: TelegramChat, chat: ChatSettings) -> bool:
    return not chat.tenants or str(where.id) in chat.tenants


def _message(update_id: int, told: TelegramMessage, chat: ChatSettings) -> ChatEvent:
    where = told.chat
    if not _is_allowed(where, chat):
        return NOT_ALLOWED
    if told.sender is None or told.sender.is_bot:
        return IgnoredChatEvent("nobody or a program wrote it")
    said = told.text or told.caption
    answered = told.reply_to_message
    to_bot = answered is not None and answered.sender is not None and answered.sender.is_bot
    command = COMMAND.match(said)
    mentioned = MENTION_OF_BOT.search(said) is not None
    return ChatMessage(
        event_id=f"update/{update_id}",
        tenant=TENANT,
        user=str(told.sender.id),
        user_name=name_of(told.sender),
        conversation=str(where.id),
        text=plain(said),
        sent_at=_moment(told.date),
        addressed=where.type == "private" or to_bot or command is not None or mentioned,
        message=str(told.message_id),
        thread=str(answered.message_id) if answered is not None else "",
        reply_to=f"{SLUG}:{where.id}/{told.message_id}",
    )


def plain(said: str) -> str:
    """Return what was said without the mention of a bot; opening the bot asks for help."""
    command = COMMAND.match(said)
    if command is not None:
        said = command[1] + said[command.end() :]
    said = MENTION_OF_BOT.sub("", said, count=1).strip()
    started = START.fullmatch(said) if command is not None else None
    if started is None:
        return said
    return f"link {started[1]}" if started[1] else "help"


def _press(update_id: int, pressed: CallbackQuery, chat: ChatSettings) -> ChatEvent:
    known = read_data(pressed.data)
    if known is None or pressed.message is None:
        return IgnoredChatEvent("a button of somebody else's")
    where = pressed.message.chat
    if not _is_allowed(where, chat):
        return NOT_ALLOWED
    action, token = known
    return ButtonPress(
        event_id=f"update/{update_id}",
        tenant=TENANT,
        user=str(pressed.sender.id),
        user_name=name_of(pressed.sender),
        conversation=str(where.id),
        action=action,
        token=token,
        note="",
        sent_at=None,
    )


def name_of(user: TelegramUser) -> str:
    """Return how somebody is called."""
    return " ".join(filter(None, (user.first_name, user.last_name))) or user.username


def _moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 10**11 else None


def call_in_answer(reply: ChatReply | None, body: bytes) -> Mapping[str, Any] | None:
    """Return the call of the API that answers a press, None for other updates.

    Without it the button would turn for a minute. What it says is shown to that person alone.
    """
    try:
        pressed = limits.decode(body, TelegramUpdate).callback_query
    except Malformed:
        return None
    if pressed is None:
        return None
    words = {"text": reply.text[:MAX_ALERT], "show_alert": True} if reply is not None else {}
    return {"method": "answerCallbackQuery", "callback_query_id": pressed.id, **words}


def answer(reply: ChatReply | None, call: ChatRequest, _: ChatSettings) -> tuple[bytes, str]:
    """Return the answer to an update: the call that answers a press, or an empty body."""
    said = call_in_answer(reply, call.body)
    return (b"", "text/plain") if said is None else (msgspec.json.encode(said), "application/json")


PROVIDER = ChatProvider(SLUG, read, answer)
