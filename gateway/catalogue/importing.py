"""Import of configuration items from CSV (RFC 4180) or JSON; each flaw names its line. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from gateway.catalogue.model import CiDraft
from gateway.errors import Flaw, Malformed, Unprocessable

CiName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}\Z")]
CiKind = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
Attributes = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=64)], Annotated[str, Meta(max_length=1_024)]],
    Meta(max_length=100),
]
Upstream = Annotated[list[CiName], Meta(max_length=500)]
Aliases = Annotated[list[Annotated[str, Meta(min_length=2, max_length=128)]], Meta(max_length=50)]
ServiceSlug = Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9_-]{0,63})?\Z")]

MOST_FLAWS = 100
"""The most flaws reported at once."""

COLUMNS = ("name", "kind", "service", "depends_on", "aliases")
ATTRIBUTE = "attributes."
BYTE = re.compile(r"\(byte (\d{1,9})\)")
NUL = rb"\u0000"


class NewCi(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A configuration item to create; `depends_on` names the items whose failure makes it fail."""

    name: CiName
    kind: CiKind
    service: ServiceSlug = ""
    attributes: Attributes = {}
    depends_on: Upstream = msgspec.field(default_factory=list)
    aliases: Aliases = msgspec.field(default_factory=list)

    def draft(self, at: str = "") -> CiDraft:
        """Return the item as a draft; `at` is its place in the request."""
        upstream = tuple(sorted(set(self.depends_on)))
        aliases = tuple(sorted(set(self.aliases)))
        return CiDraft(
            name=self.name,
            kind=self.kind,
            service=self.service,
            attributes=self.attributes,
            depends_on=upstream,
            aliases=aliases,
            at=at,
        )


@dataclass(frozen=True, slots=True)
class UnreadableItem:
    """A line with more or fewer cells than the header, or an item that cannot be read."""

    said: str


Row = tuple[int, int, Any]
"""Index, line, and content of one item."""


def read_items(text: str, *, as_csv: bool) -> list[CiDraft]:
    """Return the items of a CSV with a header, or of a JSON array.

    Raises Malformed, or Unprocessable with every flaw.
    """
    drafts: list[CiDraft] = []
    flaws: list[Flaw] = []
    for index, line, raw in _csv_rows(text) if as_csv else _json_rows(text):
        if len(flaws) >= MOST_FLAWS:
            raise Unprocessable(
                f"{MOST_FLAWS} flaws or more: nothing was imported", flaws=tuple(flaws)
            )
        if isinstance(raw, UnreadableItem):
            flaws.append(Flaw(f"/{index}", f"line {line}: {raw.said}"))
            continue
        try:
            drafts.append(msgspec.convert(raw, NewCi).draft(f"/{index}#{line}"))
        except msgspec.ValidationError as error:
            detail, _, where = str(error).partition(" - at `$")
            flaws.append(
                Flaw(f"/{index}" + where.rstrip("`").replace(".", "/"), f"line {line}: {detail}")
            )
    flaws += _twice(drafts)
    if flaws:
        raise Unprocessable(
            f"{len(flaws)} flaws: nothing was imported", flaws=tuple(flaws[:MOST_FLAWS])
        )
    return drafts


def _twice(drafts: Iterable[CiDraft]) -> Iterator[Flaw]:
    first: dict[str, str] = {}
    for draft in drafts:
        line = draft.at.partition("#")[2]
        if draft.name in first:
            yield draft.flaw("name", f"{draft.name} stands on line {first[draft.name]} already")
        first.setdefault(draft.name, line)


def _csv_rows(text: str) -> Iterator[Row]:
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    try:
        header = next(reader, [])
        if unknown := [
            name for name in header if name not in COLUMNS and not name.startswith(ATTRIBUTE)
        ]:
            raise Malformed(
                f"line 1: no column is named {unknown[0]!r}: there are {', '.join(COLUMNS)} and "
                f"{ATTRIBUTE}NAME"
            )
        if missing := {"name", "kind"} - set(header):
            raise Malformed(f"line 1: the column {min(missing)} is missing")
        index, ended = 0, reader.line_num
        for cells in reader:
            began, ended = ended + 1, reader.line_num
            if cells:
                yield index, began, _csv_row(header, cells)
                index += 1
    except csv.Error as error:
        raise Malformed(f"line {reader.line_num}: {error}") from error


def _csv_row(header: list[str], cells: list[str]) -> Any:
    if len(cells) != len(header):
        return UnreadableItem(f"{len(cells)} cells where the header has {len(header)}")
    row: dict[str, Any] = {
        name: cell.strip() for name, cell in zip(header, cells, strict=True) if name in COLUMNS
    }
    named = {
        name.removeprefix(ATTRIBUTE): cell
        for name, cell in zip(header, cells, strict=True)
        if name.startswith(ATTRIBUTE)
    }
    row["attributes"] = {name: cell for name, cell in named.items() if cell}
    for several in ("depends_on", "aliases"):
        row[several] = [name.strip() for name in row.get(several, "").split(";") if name.strip()]
    return row


def _json_rows(text: str) -> Iterator[Row]:
    """Yield the items of an array, each with the line that it begins on; raises Malformed."""
    data = text.encode("utf-8", "replace")
    try:
        items = msgspec.json.decode(data, type=list[msgspec.Raw])
    except msgspec.ValidationError as error:
        raise Malformed("send an array of configuration items") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed(f"line {_line_of(data, error)}: this is not JSON") from error
    at, line = 0, 1
    for index, item in enumerate(items):
        raw = bytes(item)
        start = data.index(raw, at)
        line += data.count(b"\n", at, start)
        yield index, line, _value(raw)
        at = start + len(raw)
        line += raw.count(b"\n")


def _value(raw: bytes) -> Any:
    """Return an item, or an error for one that cannot be read."""
    if NUL in raw.replace(b"\\\\", b""):
        return UnreadableItem("a text holds NUL, which no database keeps")
    try:
        return msgspec.json.decode(raw)
    except msgspec.ValidationError as error:
        return UnreadableItem(str(error).partition(" - at ")[0])


def _line_of(data: bytes, error: Exception) -> int:
    """Return the line of the byte that an error names; the last line if it names none."""
    named = BYTE.search(str(error))
    return 1 + data.count(b"\n", 0, int(named[1]) if named is not None else len(data))
