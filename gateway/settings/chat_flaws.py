"""Flaws of the settings of chats. Pure."""

import re
from collections.abc import Iterator, Mapping

from gateway.errors import Flaw
from gateway.settings.chat import ChatSettings
from gateway.settings.notify import NOTIFICATION_CHANNELS

SEALED = frozenset(name for name, one in NOTIFICATION_CHANNELS.items() if one.sealed)
"""The providers whose requests come in an envelope with token and encoding key."""

STREAMS = tuple(name for name, one in NOTIFICATION_CHANNELS.items() if one.streams)
"""The providers that the gateway can open a connection to."""

KEY = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)
LEAST = 8
"""The fewest characters of a secret."""


def flaws(chat: Mapping[str, ChatSettings]) -> Iterator[Flaw]:
    """Yield weak secrets, unpaired tokens, invalid keys and modes that a chat does not have."""
    for name, one in chat.items():
        if one.mode == "stream" and name not in STREAMS:
            yield Flaw(f"/chat/{name}/mode", f"only {', '.join(STREAMS)} have it: leave it out")
        if any(len(secret) < LEAST for secret in one.secrets):
            yield Flaw(f"/chat/{name}/secrets", f"a secret has at least {LEAST} characters")
        if name in SEALED:
            yield from _sealed(f"/chat/{name}", one)


def _sealed(pointer: str, chat: ChatSettings) -> Iterator[Flaw]:
    tokens, keys = chat.token.split(), chat.encoding_key.split()
    if len(tokens) != len(keys):
        yield Flaw(f"{pointer}/token", "each token has its encoding_key, both in the same order")
    if not all(KEY.fullmatch(key) for key in keys):
        yield Flaw(f"{pointer}/encoding_key", "an encoding key has 43 letters and digits")
