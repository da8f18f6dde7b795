"""Reading of settings from a tree of tables, with the flaws of all values. Pure."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args, get_origin

import msgspec

from gateway.errors import Flaw
from gateway.timing.durations import decode_duration


class _Unread:
    """The placeholder of a value that cannot be read."""


UNREAD = _Unread()


@dataclass(slots=True)
class SettingsReader:
    """A reader of values that collects their flaws, each with the JSON pointer of its place."""

    flaws: list[Flaw] = field(default_factory=list)

    def read(self, value: object, kind: Any, pointer: str) -> Any:
        """Return the value as `kind`, or UNREAD where anything in it cannot be read."""
        if (
            isinstance(value, Mapping)
            and isinstance(kind, type)
            and issubclass(kind, msgspec.Struct)
        ):
            return self._section(value, kind, pointer)
        origin, arguments = get_origin(kind), get_args(kind)
        if isinstance(value, Mapping) and isinstance(origin, type) and issubclass(origin, Mapping):
            read = {
                self._leaf(name, arguments[0], pointer): self.read(
                    one, arguments[1], f"{pointer}/{name}"
                )
                for name, one in value.items()
            }
            return UNREAD if UNREAD in read or UNREAD in read.values() else read
        if isinstance(value, list) and origin is tuple:
            items = tuple(
                self.read(one, arguments[0], f"{pointer}/{index}")
                for index, one in enumerate(value)
            )
            return UNREAD if UNREAD in items else items
        return self._leaf(value, kind, pointer)

    def _section(
        self, value: Mapping[str, object], kind: type[msgspec.Struct], pointer: str
    ) -> Any:
        fields = _fields(kind)
        before = len(self.flaws)
        parts = {}
        for name, one in value.items():
            if (known := fields.get(name)) is None:
                self.flaws.append(
                    Flaw(f"{pointer}/{name}", f"no such setting{_meant(name, fields)}")
                )
            else:
                parts[known.name] = self.read(one, known.type, f"{pointer}/{name}")
        for name, one in fields.items():
            if one.required and name not in value:
                self.flaws.append(Flaw(f"{pointer}/{name}", "is missing"))
        return UNREAD if len(self.flaws) > before else kind(**parts)

    def _leaf(self, value: object, kind: Any, pointer: str) -> Any:
        try:
            return msgspec.convert(value, kind, strict=False, dec_hook=decode_duration)
        except msgspec.ValidationError as error:
            detail, _, where = str(error).partition(" - at `$")
            inner = (
                where.rstrip("`")
                .replace("[...]", ".*")
                .replace("[", ".")
                .replace("]", "")
                .replace(".", "/")
            )
            self.flaws.append(Flaw(pointer + inner, detail))
            return UNREAD


def _meant(name: str, known: Collection[str]) -> str:
    """Return the known name that is nearest to an unknown one, as the end of a sentence."""
    near = difflib.get_close_matches(name, known, n=1)
    return f": {near[0]} was meant?" if near else ": remove it or correct its name"


@cache
def _fields(kind: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    return {one.encode_name: one for one in msgspec.structs.fields(kind)}
