"""The list of chat providers. Pure.

Each folder beside this module with a module `inbound` is one; its name is the slug in the address.
"""

from gateway.channels import chat
from gateway.channels.chat.contract import ChatProvider
from gateway.channels.discovery import find_modules

PROVIDERS: tuple[ChatProvider, ...] = tuple(
    module.PROVIDER for module in find_modules("inbound", chat)
)
"""All providers, sorted by slug."""
