"""The test file of each module: the one that mirrors it, or the one that a list names.

`gateway/a/b.py` is mirrored by `tests/a/test_b.py`. A module without such a file has a line in
`tests/tried_in.toml`, where a folder stands for its modules. Packages without code and `__main__`
need neither.
"""

import ast
import tomllib
from collections.abc import Mapping
from pathlib import Path

from devtools.paths import ROOT

LIST = Path("tests/tried_in.toml")


def files_by_module(root: Path = ROOT) -> dict[str, str]:
    """Return the test file of each module that has one, as paths below the root."""
    listed = _listed(root)
    files = {}
    for name in _modules(root):
        if (root / mirror_of(name)).is_file():
            files[name] = mirror_of(name)
        elif line := _line_of(name, listed):
            files[name] = listed[line]
    return files


def problems(root: Path = ROOT) -> list[str]:
    """Return modules without a test file, and lines of the list that are wrong or not needed."""
    files, modules, listed = files_by_module(root), _modules(root), _listed(root)
    found = [
        f"{name} has neither {mirror_of(name)} nor a line in {LIST}"
        for name in modules
        if name not in files
    ]
    used = {_line_of(name, listed) for name in modules if not (root / mirror_of(name)).is_file()}
    for line, file in listed.items():
        if not (root / line).exists():
            found.append(f"{LIST} names {line}, which does not exist")
        elif line not in used:
            found.append(f"{LIST} names {line}, which needs no line")
        elif not (root / file).is_file():
            found.append(f"{LIST} names {file}, which does not exist")
    return found if list(listed) == sorted(listed) else [*found, f"{LIST} is not sorted"]


def _line_of(name: str, listed: Mapping[str, str]) -> str | None:
    """Return the line of the list that a module needs: its own, or that of the nearest folder."""
    places = [name, *(str(folder) for folder in Path(name).parents)]
    return next((place for place in places if place in listed), None)


def _listed(root: Path) -> Mapping[str, str]:
    return tomllib.loads((root / LIST).read_text(encoding="utf-8"))


def _modules(root: Path) -> list[str]:
    """Return the modules that need a test file, sorted, as paths below `gateway`."""
    found = sorted((root / "gateway").rglob("*.py"))
    return [str(path.relative_to(root)) for path in found if _needs_test(path)]


def _needs_test(path: Path) -> bool:
    if path.name == "__init__.py":
        body = ast.parse(path.read_text(encoding="utf-8")).body
        return len(body) > 1 or not all(isinstance(one, ast.Expr) for one in body)
    return path.name != "__main__.py"


def mirror_of(name: str) -> str:
    """Return the path of the test file that mirrors a module."""
    path = Path(name).relative_to("gateway")
    own = path.parent if path.name == "__init__.py" else path.with_suffix("")
    return str(Path("tests") / own.parent / f"test_{own.name}.py")
