"""JSON schemas of values that callers send and get, in a dialect every tool reads. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

import msgspec

REF = "#/components/schemas/{name}"
SCHEMA_NAMES = {"Kind": "RecordKind", "State": "RecordState"}
"""Names in the document for types whose own name says too little beside the others."""

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas of types by type id (`of`), and the components they refer to by name."""

    of: dict[int, Schema]
    components: dict[str, Schema]


def schemas_of(kinds: Sequence[Any]) -> Schemas:
    """Return the schemas of these types."""
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    of = {id(kind): make_portable(schema) for kind, schema in zip(kinds, schemas, strict=True)}
    return Schemas(of, dict(_named(name, make_portable(part)) for name, part in components.items()))


def _named(name: str, component: Schema) -> tuple[str, Schema]:
    """Return the name of a component in the document and its schema with that title.

    Code generators take the name from the title.
    """
    shown = SCHEMA_NAMES.get(name, name)
    return shown, component | {"title": shown}


def properties_of(kind: Any) -> dict[str, Schema]:
    """Return the schema of each field of a struct, with references replaced by their targets."""
    schema = msgspec.json.schema(kind)
    definition = schema["$defs"][kind.__name__]
    return {
        name: strip_null(make_portable(_inlined(shape, schema["$defs"])))
        for name, shape in definition["properties"].items()
    }


def strip_null(shape: Schema) -> Schema:
    """Return the schema of a value that can be left out but never be null."""
    match shape:
        case {"anyOf": [*kinds], "default": None} if {"type": "null"} in kinds:
            left = [kind for kind in kinds if kind != {"type": "null"}]
            return dict(left[0]) if len(left) == 1 else {"anyOf": left}
    return shape


def make_portable(shape: Any) -> Any:
    """Return a schema with the same meaning, as ECMA-262 and code generators read it.

    Python's end of text, a backslash and Z, is `$` there. An array says what it holds, and an
    enum of numbers and the same numbers as text becomes an enum of text.
    """
    if isinstance(shape, list):
        return [make_portable(part) for part in shape]
    if not isinstance(shape, dict):
        return shape
    done = {name: make_portable(part) for name, part in shape.items()}
    if isinstance(reference := done.get("$ref"), str):
        done["$ref"] = rename_reference(reference)
    if isinstance(said := done.get("description"), str):
        done["description"] = cleandoc(said)
    if isinstance(pattern := done.get("pattern"), str):
        done["pattern"] = ecma_pattern(pattern)
    if isinstance(values := done.get("enum"), list):
        done["enum"] = unify_enum(values)
    if done.get("type") == "array" and "prefixItems" not in done:
        done.setdefault("items", {})
    return done


def rename_reference(reference: str) -> str:
    """Return a reference with the name that its target has in the document."""
    start, _, name = reference.rpartition("/")
    return f"{start}/{SCHEMA_NAMES.get(name, name)}"


def ecma_pattern(pattern: str) -> str:
    r"""Return a Python pattern as ECMA-262: `$` is the very end there, as `\Z` is here."""
    return f"{pattern[:-2]}$" if pattern.endswith(r"\Z") else pattern


def unify_enum(values: list[Any]) -> list[Any]:
    """Return the texts of an enum whose numbers are all among them; else the enum as it is."""
    texts = [value for value in values if isinstance(value, str)]
    spelled = all(isinstance(value, str) or str(value) in texts for value in values)
    return texts if texts and spelled else values


def _inlined(shape: Any, definitions: dict[str, Any]) -> Any:
    """Return a schema with references replaced by their targets: parameters are no components."""
    if isinstance(shape, list):
        return [_inlined(part, definitions) for part in shape]
    if not isinstance(shape, dict):
        return shape
    if "$ref" in shape:
        return _inlined(definitions[shape["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(part, definitions) for name, part in shape.items()}
