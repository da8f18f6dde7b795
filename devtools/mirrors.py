"""The test file of each module: the one that mirrors it, or the one that a list names.

`gateway/a/b.py` is mirrored by `tests/a/test_b.py`. A module without such a file has a line in
`tests/tried_in.toml`. Packages without code and `__main__` need neither.
"""

import ast
import tomllib
from collections.abc import Mapping
from pathlib import Path

from devtools.paths import ROOT

LIST = Path("tests/tried_in.toml")


def listed_files(root: Path = ROOT) -> Mapping[str, str]:
    """Return the list: the test file of each module that none mirrors, as paths below the root."""
    return tomllib.loads((root / LIST).read_text(encoding="utf-8"))


def problems(root: Path = ROOT) -> list[str]:
    """Return modules without a test file, and lines of the list that are wrong or not needed."""
    listed = listed_files(root)
    unmirrored = [name for name in _modules(root) if not (root / _mirror(name)).is_file()]
    found = [
        f"{name} has neither {_mirror(name)} nor a line in {LIST}"
        for name in unmirrored
        if name not in listed
    ]
    for name, file in listed.items():
        if not (root / name).is_file():
            found.append(f"{LIST} names {name}, which does not exist")
        elif name not in unmirrored:
            found.append(f"{LIST} names {name}, which needs no line")
        elif not (root / file).is_file():
            found.append(f"{LIST} names {file}, which does not exist")
    return found if list(listed) == sorted(listed) else [*found, f"{LIST} is not sorted"]


def _modules(root: Path) -> list[str]:
    """Return the modules that need a test file, sorted, as paths below `gateway`."""
    found = sorted((root / "gateway").rglob("*.py"))
    return [str(path.relative_to(root)) for path in found if _needs_test(path)]


def _needs_test(path: Path) -> bool:
    if path.name == "__init__.py":
        body = ast.parse(path.read_text(encoding="utf-8")).body
        return len(body) > 1 or not all(isinstance(one, ast.Expr) for one in body)
    return path.name != "__main__.py"


def _mirror(name: str) -> str:
    path = Path(name).relative_to("gateway")
    own = path.parent if path.name == "__init__.py" else path.with_suffix("")
    return str(Path("tests") / own.parent / f"test_{own.name}.py")
