"""The list of chat providers. Pure.

Each package beside this module is one; its name is the slug in the address.
"""

from importlib import import_module
from pkgutil import iter_modules

from gateway.channels import chat
from gateway.channels.chat.contract import ChatProvider

PROVIDERS: tuple[ChatProvider, ...] = tuple(
    import_module(f"{chat.__name__}.{folder.name}.inbound").PROVIDER
    for folder in sorted(iter_modules(chat.__path__), key=lambda found: found.name)
    if folder.ispkg
)
"""All providers, sorted by slug."""
