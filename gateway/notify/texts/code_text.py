"""The text that brings a code to a contact method, in both languages. Pure."""

from collections.abc import Mapping
from typing import Any

from gateway.notify.texts.phrases import MessageReader, one_line

WORDS = (
    (
        "Your code is {code}. {login} added this address to the incident gateway and enters the "
        "code there within 15 minutes, so that incidents are told here.\n"
        "If that was not you, do nothing: without the code nothing is sent here."
    ),
    (
        "验证码：{code}。{login} 在事件网关中添加了此联系方式，请在 15 分钟内在系统中输入，"
        "之后事件通知将发送到这里。\n如非本人操作，请忽略：未经验证不会向此处发送通知。"
    ),
)


def render_code(facts: Mapping[str, Any], reader: MessageReader) -> str:
    """Return the text that brings a code, and says what it is for."""
    return reader.choose(WORDS).format(
        code=one_line(facts.get("code", "")), login=one_line(facts.get("login", ""))
    )
