"""The page that shows the OpenAPI document, without scripts or foreign resources. Pure."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Any

import msgspec

STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:1rem auto;max-width:60rem;padding:0 .8rem}
code,summary,dt{overflow-wrap:anywhere}pre{background:#8881;padding:.6rem;overflow:auto}
summary{cursor:pointer;padding:.2rem 0}details details,dl,details p{margin-left:1rem}
input{font:inherit;width:100%;max-width:24rem;box-sizing:border-box}dd{margin-left:1rem}
nav a{display:inline-block;margin-right:.8rem}"""
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
CSP = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
LONGEST_SEARCH = 100
"""The most characters of a search that are looked for."""

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Incident gateway: API</title><style>STYLE</style>
<h1>Incident gateway: API</h1>
<p>Programs read <a href="/openapi.json">/openapi.json</a>. Send the key as
<code>Authorization: Bearer</code> or <code>X-Api-Key</code>. Fields are snake_case, times RFC 3339
in UTC, durations seconds. Changes take <code>If-Match</code> with the ETag of the record and
<code>Idempotency-Key</code>. Errors are problem details (RFC 9457), see
<a href="#Problem">Problem</a>.</p>
<p>A first alert:</p>
<pre>curl -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"title": "Disk full", "severity": "critical"}' $GATEWAY/ingest/generic</pre>
<form action="/docs" role="search"><label>Search <input type="search" name="q" maxlength="100"
 value="SOUGHT"></label></form>
<nav>AREAS</nav>
OPERATIONS<h2>Values</h2>VALUES</html>
"""


@dataclass(frozen=True, slots=True)
class OperationEntry:
    """One operation on the page: its group, the words that a search looks through, and its HTML."""

    area: str
    words: str
    html: str


@dataclass(frozen=True, slots=True)
class DocsPage:
    """The page of one document: its groups with descriptions, its operations and its values."""

    areas: dict[str, str]
    operations: tuple[OperationEntry, ...]
    values: str

    def show(self, sought: str = "") -> str:
        """Return the page with the operations that have every word of `sought`."""
        words = sought[:LONGEST_SEARCH].lower().split()
        found = [one for one in self.operations if all(word in one.words for word in words)]
        areas = [area for area in self.areas if any(one.area == area for one in found)]
        parts = {
            "STYLE": STYLE,
            "SOUGHT": escape(sought[:LONGEST_SEARCH]),
            "AREAS": "".join(f'<a href="#{_anchor(area)}">{escape(area)}</a>' for area in areas),
            "OPERATIONS": "".join(self._group(area, found) for area in areas)
            or "<p>No operation has these words.</p>",
            "VALUES": self.values,
        }
        shown = PAGE
        for name in ("STYLE", "AREAS", "OPERATIONS", "VALUES", "SOUGHT"):
            shown = shown.replace(name, parts[name], 1)
        return shown

    def _group(self, area: str, found: list[OperationEntry]) -> str:
        rows = "".join(one.html for one in found if one.area == area)
        return (
            f'<h2 id="{_anchor(area)}">{escape(area)}</h2><p>{escape(self.areas[area])}</p>{rows}'
        )


def build_docs_page(document: dict[str, Any]) -> DocsPage:
    """Return the page of an OpenAPI document."""
    schemas = document["components"]["schemas"]
    return DocsPage(
        {one["name"]: one["description"] for one in document["tags"]},
        tuple(_operations(document["paths"])),
        "".join(_value(name, schema) for name, schema in sorted(schemas.items())),
    )


def _operations(paths: dict[str, Any]) -> Iterator[OperationEntry]:
    for path, operations in paths.items():
        for method, one in operations.items():
            area, summary = one["tags"][0], one["summary"]
            words = f"{method} {path} {area} {summary} {one['description']}".lower()
            yield OperationEntry(area, words, _operation(method.upper(), path, one))


def _operation(method: str, path: str, one: dict[str, Any]) -> str:
    listed = "".join(_parameter(parameter) for parameter in one["parameters"])
    shown = f"<dl>{listed}</dl>" if listed else ""
    taken = _links(one.get("requestBody", {}))
    takes = f"<p>Takes {taken}</p>" if taken else ""
    gives = "".join(
        f"<p>Answers {escape(status)} {_links(answer)}</p>"
        for status, answer in one["responses"].items()
        if "$ref" not in answer
    )
    return (
        f"<details><summary><b>{method}</b> <code>{escape(path)}</code> {escape(one['summary'])}"
        f"</summary><p>{escape(one['description'])}</p>{shown}{takes}{gives}</details>"
    )


def _parameter(one: dict[str, Any]) -> str:
    kind = escape(msgspec.json.encode(one["schema"]).decode())
    return (
        f"<dt><code>{escape(one['name'])}</code> in {one['in']}</dt>"
        f"<dd>{escape(one['description'])} <code>{kind}</code></dd>"
    )


def _links(body: dict[str, Any]) -> str:
    return ", ".join(_link(kind, one["schema"]) for kind, one in body.get("content", {}).items())


def _link(media: str, schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if schema.get("type") == "array":
        return f"an array of {_link(media, schema['items'])}"
    return escape(media)


def _value(name: str, schema: dict[str, Any]) -> str:
    said = escape(schema.get("description", ""))
    shown = escape(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode())
    return (
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code> {said}</summary>'
        f"<pre>{shown}</pre></details>"
    )


def _anchor(area: str) -> str:
    return "area-" + area.lower().replace(" ", "-").replace(",", "")
