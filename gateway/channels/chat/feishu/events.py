"""The events of Feishu and Lark in all their forms, as far as they are used. Pure."""

from typing import Any

import msgspec


class Identity(msgspec.Struct):
    """The ids of a person in Feishu; `open_id` is always there."""

    open_id: str = ""
    user_id: str | None = None


class Sender(msgspec.Struct):
    """The sender of a message: `user`, or `app` for programs."""

    sender_id: Identity = msgspec.field(default_factory=Identity)
    sender_type: str = "user"


class Mention(msgspec.Struct):
    """A person mentioned in a text, where `key` stands for the name."""

    key: str
    name: str = ""
    id: Identity | None = None
    mentioned_type: str = ""

    @property
    def is_bot(self) -> bool:
        """True if it is a program; where Feishu does not say, programs have no user_id."""
        return (
            self.mentioned_type == "bot"
            if self.mentioned_type
            else not (self.id and self.id.user_id)
        )


class FeishuMessage(msgspec.Struct):
    """A message; `content` is JSON in a string."""

    message_id: str
    chat_id: str
    chat_type: str = ""
    message_type: str = ""
    content: str = ""
    root_id: str = ""
    parent_id: str = ""
    create_time: str = ""
    mentions: list[Mention] | None = None


class FeishuMessageEvent(msgspec.Struct):
    """The event of a message."""

    message: FeishuMessage
    sender: Sender = msgspec.field(default_factory=Sender)


class FeishuButton(msgspec.Struct):
    """The pressed button; cards of others have values of other types."""

    value: Any = None


class FeishuCardContext(msgspec.Struct):
    """The message and chat the card is in."""

    open_message_id: str = ""
    open_chat_id: str = ""


class FeishuButtonEvent(msgspec.Struct):
    """The event of a button."""

    operator: Identity = msgspec.field(default_factory=Identity)
    action: FeishuButton = msgspec.field(default_factory=FeishuButton)
    context: FeishuCardContext = msgspec.field(default_factory=FeishuCardContext)


class FeishuMessageV1(msgspec.Struct):
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
    """The header of an event in the second schema."""

    event_id: str = ""
    event_type: str = ""
    token: str = ""
    tenant_key: str = ""
    create_time: str = ""


class FeishuCallback(msgspec.Struct):
    """Any call of Feishu, of either schema."""

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
    action: FeishuButton | None = None

    @property
    def is_card(self) -> bool:
        """True if it is a button in the form older than button events."""
        return self.action is not None and self.header is None and not self.type


class FeishuEncryptedBody(msgspec.Struct):
    """The envelope of an encrypted body."""

    encrypt: str = ""
