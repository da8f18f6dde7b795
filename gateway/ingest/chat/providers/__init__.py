"""Every chat provider there is: each module here is one, and its name is the slug in the address."""

from importlib import import_module
from pkgutil import iter_modules

from gateway.ingest.chat.contract import Provider

PROVIDERS: tuple[Provider, ...] = tuple(
    import_module(f"{__name__}.{module.name}").PROVIDER
    for module in sorted(iter_modules(__path__), key=lambda found: found.name)
    if not module.name.startswith("_")
)
"""Sorted by slug."""
