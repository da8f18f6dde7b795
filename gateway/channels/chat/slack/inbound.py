"""The adapter of Slack: Events API, slash commands and buttons, all signed (version 0). Pure.

https://docs.slack.dev/authentication/verifying-requests-from-slack,
https://docs.slack.dev/apis/events-api,
https://docs.slack.dev/interactivity/implementing-slash-commands,
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args
from urllib.parse import parse_qsl

import msgspec

from gateway.channels.chat.contract import (
    AddressChallenge,
    ButtonAction,
    ButtonPress,
    ChatEvent,
    ChatMessage,
    ChatProvider,
    ChatReply,
    ChatRequest,
    ChatSettings,
    IgnoredChatEvent,
)
from gateway.channels.chat.slack.blocks import content
from gateway.errors import Unauthenticated
from gateway.ingest.reading import limits, signatures
from gateway.ingest.reading.conform import decode_repaired

SLUG = "slack"
FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 50
SPOKEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})
"""The subtypes of messages that people just wrote; others are edits, joins and programs."""

MARKUP = re.compile(r"<([@#!]?)([^<>|]{1,4000})(?:\|([^<>]{0,4000}))?>")


FIRST = re.compile(r"(?<!\s)\s*+<@[A-Z0-9]+(?:\|[^<>]{0,100})?>")


class SlackFile(msgspec.Struct):
    """A file beside a message; it stays at Slack."""

    name: str | None = None
    title: str | None = None


class SlackMessageEvent(msgspec.Struct):
    """The inner event, with the fields that messages have."""

    type: str
    channel: str = ""
    user: str = ""
    text: str = ""
    ts: str = ""
    thread_ts: str = ""
    channel_type: str = ""
    subtype: str | None = None
    bot_id: str | None = None
    files: list[SlackFile] | None = None


class Authorization(msgspec.Struct):
    """A user that an event was sent for: the bot, if it is one."""

    user_id: str = ""
    is_bot: bool = False


class SlackEventEnvelope(msgspec.Struct):
    """The envelope of an event, or the check of the address."""

    type: str
    team_id: str = ""
    challenge: str = ""
    event_id: str = ""
    event: SlackMessageEvent | None = None
    authorizations: list[Authorization] | None = None


class SlackEntity(msgspec.Struct):
    """A person, team or channel with an id; a person has one of two names."""

    id: str = ""
    name: str = ""
    username: str = ""


class Container(msgspec.Struct):
    """The message that a button is in."""

    message_ts: str = ""
    channel_id: str = ""
    thread_ts: str = ""


class SlackButton(msgspec.Struct):
    """A button."""

    action_id: str = ""
    value: str | None = None
    action_ts: str = ""


class Interaction(msgspec.Struct):
    """A press on a button."""

    type: str
    user: SlackEntity = msgspec.field(default_factory=SlackEntity)
    team: SlackEntity | None = None
    channel: SlackEntity | None = None
    container: Container = msgspec.field(default_factory=Container)
    actions: list[SlackButton] = []
    trigger_id: str = ""


def read(call: ChatRequest, chat: ChatSettings) -> ChatEvent:
    """Return the message, command or press of a call; raises Unauthenticated and Malformed."""
    verify_signature(call, chat)
    if not call.headers.get("content-type", "").startswith(FORM):
        return read_event(call.body, chat)
    fields = _form(call.body)
    if "payload" in fields:
        return read_interaction(fields["payload"].encode("utf-8", "replace"), chat)
    if "command" in fields:
        return read_command(fields, chat)
    return IgnoredChatEvent("a check of the address")


def verify_signature(call: ChatRequest, chat: ChatSettings) -> None:
    """Raise Unauthenticated unless one of the secrets signed the call in the last five minutes."""
    stamp, given = (
        call.headers.get("x-slack-request-timestamp", ""),
        call.headers.get("x-slack-signature", ""),
    )
    sent = signatures.parse_seconds(stamp)
    wanted = [
        hmac.digest(key, b"v0:" + stamp.encode() + b":" + call.body, "sha256").hex()
        for key in signatures.encode_secrets(chat.secrets)
    ]
    marks = given.encode("utf-8", "replace")
    if not any([hmac.compare_digest(f"v0={one}".encode(), marks) for one in wanted]):  # noqa: C419 - a generator would stop early
        raise Unauthenticated("the signature is not by a signing secret of chat.slack.secrets")
    signatures.require_fresh(sent, call.received_at)


def _tenant(team: str, chat: ChatSettings) -> str:
    if chat.tenants and team not in chat.tenants:
        raise Unauthenticated("this workspace is not among chat.slack.tenants")
    return team


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(
            parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        )
    except ValueError as error:
        raise limits.build_malformed("", "the form cannot be read") from error


def read_event(body: bytes, chat: ChatSettings) -> ChatEvent:
    """Return the message of an event that is known to be Slack's; raises Malformed."""
    outer = decode_repaired(body, SlackEventEnvelope, retyped=False)
    if outer.type == "url_verification":
        return AddressChallenge(outer.challenge.encode("utf-8", "replace"), "text/plain")
    team, event = _tenant(outer.team_id, chat), outer.event
    if outer.type != "event_callback" or event is None:
        return IgnoredChatEvent(f"{outer.type[:60]} tells nothing of records")
    if event.type not in ("message", "app_mention") or event.subtype not in SPOKEN:
        return IgnoredChatEvent(f"{event.type[:60]} {(event.subtype or '')[:60]}".strip())
    bots = {one.user_id for one in outer.authorizations or () if one.is_bot}
    if event.bot_id or not event.user or event.user in bots:
        return IgnoredChatEvent("a program wrote it")
    if not (event.channel and event.ts):
        raise limits.build_malformed("/event", "a message has a channel and a ts")
    return _talk(team, event, bots)


def _talk(team: str, event: SlackMessageEvent, bots: set[str]) -> ChatMessage:
    """Return the message; both events of one mention give the same id, so that it counts once."""
    mentioned = event.type == "app_mention" or any(
        f"<@{bot}>" in event.text or f"<@{bot}|" in event.text for bot in bots
    )
    thread = event.thread_ts if event.thread_ts != event.ts else ""
    return ChatMessage(
        event_id=f"{event.channel}/{event.ts}",
        tenant=team,
        user=event.user,
        user_name="",
        conversation=event.channel,
        text="\n".join(filter(None, (plain(event.text, bots), *map(_name, event.files or ())))),
        sent_at=_moment(event.ts),
        addressed=mentioned or event.channel_type == "im",
        message=event.ts,
        thread=thread,
        reply_to=f"{SLUG}:{event.channel}/{thread or event.ts}",
    )


def _name(shared: SlackFile) -> str:
    """Return a line that names a file."""
    return f"[{limits.cut(shared.name or shared.title or 'file', limits.KEY)}]"


def plain(text: str, bots: set[str]) -> str:
    """Return Slack's markup as plain text, without the mention of the bot.

    Where the bot is not known, the mention that the text begins with is removed.
    """
    if not bots:
        text = FIRST.sub("", text, count=1)

    def said(found: re.Match[str]) -> str:
        kind, target, name = found[1], found[2], found[3]
        if kind == "@" and target in bots:
            return ""
        return (kind and kind.replace("!", "@")) + (name or target)

    return (
        MARKUP.sub(said, text)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
        .strip()
    )


def read_command(fields: Mapping[str, str], chat: ChatSettings) -> ChatMessage:
    """Return the message of a slash command: `/incident report ...`, or the words of a report."""
    if not (fields.get("user_id") and fields.get("trigger_id")):
        raise limits.build_malformed("", "a command has a user_id and a trigger_id")
    return ChatMessage(
        event_id=f"command/{fields['trigger_id']}",
        tenant=_tenant(fields.get("team_id", ""), chat),
        user=fields["user_id"],
        user_name=fields.get("user_name", ""),
        conversation=fields.get("channel_id", ""),
        text=fields.get("text", "").strip(),
        sent_at=None,
    )


def read_interaction(body: bytes, chat: ChatSettings) -> ChatEvent:
    """Return the press of an interaction that is known to be Slack's; raises Malformed."""
    told = limits.decode(body, Interaction)
    team = _tenant(told.team.id if told.team else "", chat)
    if told.type != "block_actions" or not told.actions:
        return IgnoredChatEvent(told.type[:60])
    pressed = told.actions[0]
    action: ButtonAction | None = next(
        (one for one in get_args(ButtonAction) if one == pressed.action_id), None
    )
    if action is None or not told.user.id:
        return IgnoredChatEvent("a button of somebody else's")
    channel = told.container.channel_id or (told.channel.id if told.channel else "")
    press = told.trigger_id or f"{channel}/{told.container.message_ts}/{pressed.action_ts}"
    return ButtonPress(
        event_id=f"press/{press}/{told.user.id}",
        tenant=team,
        user=told.user.id,
        user_name=told.user.name or told.user.username,
        conversation=channel,
        action=action,
        token=pressed.value or "",
        note="",
        sent_at=_moment(pressed.action_ts),
        reply_to=f"{SLUG}:{channel}@{told.user.id}" if channel else "",
    )


def _moment(stamp: str) -> datetime | None:
    """Return the time from seconds since 1970 with a fraction; these also are ids of messages."""
    whole = stamp.partition(".")[0]
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 11):
        return None
    return datetime.fromtimestamp(int(whole), UTC)


def answer(reply: ChatReply | None, call: ChatRequest, _: ChatSettings) -> tuple[bytes, str]:
    """Return the answer to a call: a slash command's reply, or else an empty body."""
    if (
        reply is None
        or not call.headers.get("content-type", "").startswith(FORM)
        or b"command=" not in call.body
    ):
        return b"", "text/plain"
    return msgspec.json.encode(command_answer(reply)), "application/json"


def command_answer(reply: ChatReply) -> dict[str, object]:
    """Return the answer to a slash command, which its writer alone sees."""
    return {"response_type": "ephemeral", **content(reply)}


PROVIDER = ChatProvider(SLUG, read, answer)
