"""The settings of a watch, as the tests need them."""

from typing import Any

import msgspec

from gateway.settings import load
from gateway.settings.watch import WatchSettings


def watch_settings(**more: Any) -> WatchSettings:
    """Return the shipped settings of the watch with private addresses allowed, and `more`."""
    shipped = load(None, {}).watch
    return msgspec.structs.replace(shipped, allow_private=True, **more)
