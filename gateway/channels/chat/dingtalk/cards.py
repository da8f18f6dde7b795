"""Replies as DingTalk messages: plain, or a card whose template is filled in. Pure.

https://open.dingtalk.com/document/development/instructions-for-filling-in-api-card-data
"""

from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from gateway.channels.chat.dingtalk.section import DingTalkSection
from gateway.notify.card import ButtonAction, ChatReply

PRESSED: Mapping[str, ButtonAction] = {action: action for action in get_args(ButtonAction)}

GROUP = "group:"
"""The prefix of a recipient that is a conversation; others are members."""

MAX_VALUE = 1_000
"""The maximum number of bytes of UTF-8 in a variable of a card."""


def variables(reply: ChatReply) -> dict[str, str]:
    """Return every variable of the template, each a text.

    A button that cannot be pressed has no token, by which the template hides it.
    """
    pressable = {one.action: one for one in reply.buttons}
    buttons = {
        f"{action}_{part}": getattr(pressable[action], part) if action in pressable else ""
        for action in PRESSED
        for part in ("label", "token")
    }
    told = {"number": reply.number, "title": reply.title, "state": reply.state, "text": reply.text}
    return {name: _cut(value) for name, value in (told | buttons).items()}


def plain(settings: DingTalkSection, to: str, words: str) -> tuple[str, dict[str, Any]]:
    """Return path and body of a message without buttons."""
    said = {
        "robotCode": settings.robot_code,
        "msgKey": "sampleText",
        "msgParam": msgspec.json.encode({"content": words}).decode(),
    }
    if to.startswith(GROUP):
        return "/v1.0/robot/groupMessages/send", said | {
            "openConversationId": to.removeprefix(GROUP)
        }
    return "/v1.0/robot/oToMessages/batchSend", said | {"userIds": [to]}


def card(settings: DingTalkSection, to: str, name: str, reply: ChatReply) -> dict[str, Any]:
    """Return the body of a card with this name, in a group or in the robot's chat with a member."""
    made: dict[str, Any] = {
        "cardTemplateId": settings.card_template,
        "outTrackId": name,
        "callbackType": "HTTP",
        "callbackRouteKey": settings.card_route,
        "cardData": {"cardParamMap": variables(reply)},
        "userIdType": 1,
    }
    if to.startswith(GROUP):
        return made | {
            "openSpaceId": f"dtv1.card//IM_GROUP.{to.removeprefix(GROUP)}",
            "imGroupOpenSpaceModel": {"supportForward": False},
            "imGroupOpenDeliverModel": {"robotCode": settings.robot_code},
        }
    return made | {
        "openSpaceId": f"dtv1.card//IM_ROBOT.{to}",
        "imRobotOpenSpaceModel": {"supportForward": False},
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": settings.robot_code},
    }


def change(name: str, reply: ChatReply) -> dict[str, Any]:
    """Return the body that changes the card of this name to show the reply."""
    filled = {"cardParamMap": variables(reply)}
    return {
        "outTrackId": name,
        "cardData": filled,
        "cardUpdateOptions": {"updateCardDataByKey": True},
    }


def _cut(value: str) -> str:
    return value.encode("utf-8", "replace")[:MAX_VALUE].decode("utf-8", "ignore")
