"""The import contract of pure modules, whose source modules are those marked "Pure."."""

from pathlib import Path
from typing import Any

from importlinter.contracts.forbidden import ForbiddenContract

from devtools.purity import pure_modules


class PureContract(ForbiddenContract):
    """A contract that forbids the marked modules to import, also indirectly, what it lists."""

    type_name = "pure"

    def __init__(
        self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]
    ) -> None:
        marked = {"source_modules": pure_modules(Path.cwd()), "as_packages": "True"}
        super().__init__(name, session_options, {**contract_options, **marked})
