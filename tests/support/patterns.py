"""All regular expressions of the package, with the methods that apply them."""

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gateway

METHODS = frozenset({"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
ROOT = Path(gateway.__path__[0])


@dataclass(frozen=True)
class AppliedPattern:
    """A pattern, its place, and the methods that apply it."""

    place: str
    pattern: "re.Pattern[Any]"
    methods: frozenset[str]

    def __str__(self) -> str:
        return self.place

    def run(self, text: str) -> None:
        """Apply the pattern to a text by all methods that the code uses."""
        subject = text if isinstance(self.pattern.pattern, str) else text.encode()
        for name in self.methods:
            apply = getattr(self.pattern, name)
            if name in {"sub", "subn"}:
                apply(subject[:0], subject)
            elif name == "finditer":
                list(apply(subject))
            else:
                apply(subject)


def every_pattern() -> list[AppliedPattern]:
    """Return the compiled patterns of all modules and those written where they are used."""
    uses = _uses()
    found = [*_compiled(uses), *_inline()]
    return sorted({(one.pattern, one.methods): one for one in found}.values(), key=str)


def _compiled(uses: dict[tuple[str, str], set[str]]) -> Iterator[AppliedPattern]:
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            methods = frozenset(uses.get((module.name, name), ()) or uses.get(("", name), ()))
            for pattern in _within(value):
                yield AppliedPattern(f"{module.name}.{name}", pattern, methods or METHODS)


def _within(value: object) -> Iterator["re.Pattern[Any]"]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from (pattern for one in value.values() for pattern in _within(one))
    elif isinstance(value, tuple | list | set | frozenset):
        yield from (pattern for one in value for pattern in _within(one))


def _uses() -> dict[tuple[str, str], set[str]]:
    """Return the methods used of each (module, name).

    For a pattern that is reached through another module, the key is ("", name).
    """
    uses: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file, node in _nodes():
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            if isinstance(node.value, ast.Name):
                uses[_module(file), node.value.id].add(node.attr)
            elif isinstance(node.value, ast.Attribute):
                uses["", node.value.attr].add(node.attr)
    return uses


def _inline() -> Iterator[AppliedPattern]:
    for file, node in _nodes():
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=method), args=[first, *_]
            ) if method in METHODS:
                place = f"{_module(file)}:{ast.literal_eval(first)}"
                yield AppliedPattern(
                    place, re.compile(ast.literal_eval(first)), frozenset({method})
                )


def _nodes() -> Iterator[tuple[Path, ast.AST]]:
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            yield file, node


def _module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


UNITS = (
    '"\\', '"', "\\", "'", "`", " ", "\t", "\r\n", " \n", "a", "A", "0", "1.", "a.", "a-", "a_",
    "a@", "@", "a:", ":", "/", "http://", "<", "<a ", "<!--", "&", "&#", "=", "=?", "=?utf-8?q?",
    "%", "(", "[", "{", "{a", "*", "-", "- ", ">", "> ", "|", "a;", ", ", "#", "+1", "~", "$", "!",
    "\x00", "\u4e2d", "\u4e2d ", "On ", "wrote:", "Re: ", "INC-", "unknown field `", "\\u0000",
    "1h", "aA0-", 'a="',
)  # fmt: skip


def backtracking_texts(size: int) -> Iterator[str]:
    """Yield texts of that size that make patterns backtrack."""
    for unit in UNITS:
        yield (unit * (size // len(unit) + 1))[: size - 1] + "\x01"
