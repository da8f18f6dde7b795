"""The promise of purity: the modules that make it, and the code in them that would break it.

A module promises it by the word "Pure." at the end of the first line of its docstring; a package
promises it for every module in it. The import contract "Deciding is pure" (`pure_contract`), the
checks here (`gw check`) and the coverage of `gw pure` take their modules from this marker.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeGuard

from devtools.paths import ROOT

MARKER = " Pure."

OUTSIDE = frozenset(
    """
    datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow datetime.date.today
    importlib.resources logging multiprocessing os pathlib random secrets shutil socket subprocess
    sys tempfile threading time urllib.request uuid.getnode uuid.uuid1 uuid.uuid4
    input open print
    """.split()  # noqa: SIM905 - a list of thirty quoted names is harder to read
)
"""Modules and functions that give access to a clock, to chance, or to anything else outside."""

CHANGING = frozenset(
    """
    add append appendleft clear discard extend insert pop popitem popleft remove reverse
    setdefault sort update
    """.split()  # noqa: SIM905 - as above
)
"""Methods that change a collection."""

Problem = tuple[int, str]
"""A line number, and the reason why the line is not pure."""


def pure_modules(root: Path = ROOT) -> list[str]:
    """Return the modules that promise to be pure, sorted, with those of marked packages."""
    named = {_module(path, root): path for path in _sources(root)}
    marked = {name for name, path in named.items() if _is_marked(_parsed(path))}
    return [name for name in sorted(named) if marked & set(_with_parents(name))]


def broken_promises(root: Path = ROOT) -> list[str]:
    """Return the places in pure modules that are not pure, and markers in the wrong place."""
    pure = set(pure_modules(root))
    problems = []
    for path in _sources(root):
        tree = _parsed(path)
        found = [*_misplaced_markers(tree)]
        if _module(path, root) in pure:
            found += [*_accesses(tree), *_changes(tree)]
        problems += [f"{path.relative_to(root)}:{line} {reason}" for line, reason in found]
    return problems


def _sources(root: Path) -> list[Path]:
    return sorted((root / "gateway").rglob("*.py"))


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _module(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _is_marked(tree: ast.Module) -> bool:
    first, _, _ = (ast.get_docstring(tree) or "").partition("\n")
    return first.endswith(MARKER)


def _misplaced_markers(tree: ast.Module) -> Iterator[Problem]:
    docstring = ast.get_docstring(tree) or ""
    if "Pure" in docstring.replace(MARKER, "", 1 if _is_marked(tree) else 0):
        yield 1, 'says "Pure" elsewhere than at the end of its first line'


def _accesses(tree: ast.Module) -> Iterator[Problem]:
    """Find imports and calls of what is outside."""
    imported = _imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
            for name in _used(node, imported):
                if OUTSIDE & set(_with_parents(name)):
                    yield node.lineno, f"uses {name}"


def _used(node: ast.Import | ast.ImportFrom | ast.Call, imported: Mapping[str, str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    first, *rest = ast.unparse(node.func).split(".")
    return [".".join([imported.get(first, first), *rest])]


def _changes(tree: ast.Module) -> Iterator[Problem]:
    """Find changes of what outlives a call: names of the module, what it imports and keeps."""
    imported = _imported(tree)
    assigned = set(_stored_names(*(one for one in tree.body if not _is_definition(one))))
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield node.lineno, f"changes {', '.join(node.names)}"
        elif _is_stored(node) and _root(node) in imported:
            yield node.lineno, f"changes {ast.unparse(node)}"
    for function in _outermost_functions(tree.body):
        kept = assigned - set(_stored_names(function)) - set(_parameters(function))
        for node in ast.walk(function):
            if (_is_stored(node) or _is_changing_call(node)) and _root(node) in kept:
                yield node.lineno, f"changes {ast.unparse(node)}"


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return the names that imports bind, with the full names of what they stand for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top, _, _ = alias.name.partition(".")
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _is_definition(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _outermost_functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _outermost_functions(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _stored_names(*nodes: ast.AST) -> Iterator[str]:
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                yield inner.id


def _parameters(function: ast.AST) -> Iterator[str]:
    return (inner.arg for inner in ast.walk(function) if isinstance(inner, ast.arg))


def _is_stored(node: ast.AST) -> TypeGuard[ast.Attribute | ast.Subscript]:
    return isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)


def _is_changing_call(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CHANGING
    )


def _root(node: ast.AST) -> str:
    """Return the name that an expression such as `name.one["two"].pop()` begins with, or ""."""
    match node:
        case ast.Attribute(value=inner) | ast.Subscript(value=inner):
            return _root(inner)
        case ast.Call(func=ast.Attribute(value=inner)):
            return _root(inner)
        case ast.Name(id=name):
            return name
    return ""
