"""What Feishu and Lark tell, as far as it matters here, in all its forms. Pure."""

from typing import Any

import msgspec


class Identity(msgspec.Struct):
    """A person by Feishu's names; `open_id` is always there."""

    open_id: str = ""
    user_id: str | None = None


class Sender(msgspec.Struct):
    """Who wrote: `user`, or `app` for programs."""

    sender_id: Identity = msgspec.field(default_factory=Identity)
    sender_type: str = "user"


class Mention(msgspec.Struct):
    """Who is named in a text, where it says `key`."""

    key: str
    name: str = ""
    id: Identity | None = None
    mentioned_type: str = ""

    @property
    def is_bot(self) -> bool:
        """Whether it is a program; where that is not said, programs have no user_id."""
        return self.mentioned_type == "bot" if self.mentioned_type else not (self.id and self.id.user_id)


class Message(msgspec.Struct):
    """A message; `content` is JSON in a text."""

    message_id: str
    chat_id: str
    chat_type: str = ""
    message_type: str = ""
    content: str = ""
    root_id: str = ""
    parent_id: str = ""
    create_time: str = ""
    mentions: list[Mention] | None = None


class Received(msgspec.Struct):
    """The event of a message."""

    message: Message
    sender: Sender = msgspec.field(default_factory=Sender)


class Action(msgspec.Struct):
    """What was pressed; other cards have values of other kinds."""

    value: Any = None


class Context(msgspec.Struct):
    """Where the card stands."""

    open_message_id: str = ""
    open_chat_id: str = ""


class Triggered(msgspec.Struct):
    """The event of a button."""

    operator: Identity = msgspec.field(default_factory=Identity)
    action: Action = msgspec.field(default_factory=Action)
    context: Context = msgspec.field(default_factory=Context)


class Older(msgspec.Struct):
    """A message in the first schema."""

    type: str = ""
    tenant_key: str = ""
    open_id: str = ""
    open_chat_id: str = ""
    open_message_id: str = ""
    root_id: str = ""
    parent_id: str = ""
    chat_type: str = ""
    msg_type: str = ""
    text: str = ""
    text_without_at_bot: str = ""
    is_mention: bool = False


class Header(msgspec.Struct):
    """The head of an event in the second schema."""

    event_id: str = ""
    event_type: str = ""
    token: str = ""
    tenant_key: str = ""
    create_time: str = ""


class Told(msgspec.Struct):
    """Everything that is told, of whatever kind."""

    type: str = ""
    schema: str = ""
    token: str = ""
    challenge: str = ""
    header: Header | None = None
    event: msgspec.Raw = msgspec.Raw(b"{}")
    uuid: str = ""
    ts: str = ""
    open_id: str = ""
    open_chat_id: str = ""
    open_message_id: str = ""
    tenant_key: str = ""
    action: Action | None = None

    @property
    def is_card(self) -> bool:
        """Whether it is a button in the form that came before events of buttons."""
        return self.action is not None and self.header is None and not self.type


class Sealed(msgspec.Struct):
    """What is around an encrypted body."""

    encrypt: str = ""
