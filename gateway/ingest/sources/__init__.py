"""All sources: each module here is one, and its name is the slug in the address. Pure."""

from importlib import import_module
from pkgutil import iter_modules

from gateway.ingest.reading.source import Source

SOURCES: tuple[Source, ...] = tuple(
    import_module(f"{__name__}.{module.name}").SOURCE
    for module in sorted(iter_modules(__path__), key=lambda found: found.name)
)
"""All sources, sorted by slug."""
