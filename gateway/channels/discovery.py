"""Discovery of the modules of channels: a module of a folder is found by its name."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

from gateway import channels


def find_modules(name: str, package: ModuleType = channels) -> Iterator[ModuleType]:
    """Yield the modules of this name in all folders of a package, sorted by folder."""
    found = walk_packages(package.__path__, f"{package.__name__}.")
    for path in sorted(one.name for one in found if one.name.endswith(f".{name}")):
        yield import_module(path)
