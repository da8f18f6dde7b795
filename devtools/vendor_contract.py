"""The import contract of vendors, whose modules are the folders of `gateway/channels`."""

from pathlib import Path
from typing import Any

from importlinter.contracts.independence import IndependenceContract

CHANNELS = Path("gateway/channels")
SHARED = frozenset({CHANNELS / "phone" / "outgoing"})
"""Folders beside those of vendors, which vendors import."""


class VendorContract(IndependenceContract):
    """A contract that forbids one vendor's folder to import, also indirectly, another's."""

    type_name = "vendors"

    def __init__(
        self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]
    ) -> None:
        folders = sorted(
            ".".join(folder.parent.parts)
            for kind in ("chat", "phone", "push")
            for folder in CHANNELS.glob(f"{kind}/*/__init__.py")
            if folder.parent not in SHARED
        )
        super().__init__(name, session_options, {**contract_options, "modules": folders})
