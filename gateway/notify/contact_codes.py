"""Codes that verify contact methods: six digits that follow from an id and a secret. Pure.

Nothing that is stored gives a code away, and the message in the outbox holds its id alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gateway.notify.phrases import MessageReader, one_line
from gateway.tokens.signing import is_signed, six_digits

LABEL = b"contact code v1"

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


@dataclass(frozen=True, slots=True)
class ContactCodes:
    """The issuer and verifier of codes: makes them with the first secret, accepts all."""

    secrets: tuple[bytes, ...]

    def code(self, code_id: str) -> str:
        """Return the code with this id."""
        return six_digits(self.secrets[0], LABEL, code_id)

    def matches(self, code_id: UUID, given: str) -> bool:
        """Return whether the given text is the code with this id."""
        return is_signed(self.secrets, LABEL, str(code_id), given, six_digits)


def render_code(facts: Mapping[str, Any], reader: MessageReader) -> str:
    """Return the text that brings a code, and says what it is for."""
    return reader.choose(WORDS).format(
        code=one_line(facts.get("code", "")), login=one_line(facts.get("login", ""))
    )
