"""A reader and a writer of XML whose fields stand in the first level. Pure."""

import re
from collections.abc import Mapping

from lxml import etree  # type: ignore[import-untyped]

from gateway.ingest.reading import limits
from gateway.untrusted.xml_reader import read_xml

MAX_BYTES = 65_536
"""The maximum size of a message.

The longest text that a vendor lets people write has 2048 bytes.
"""

MAX_FIELDS = 64

UNWRITABLE = re.compile("[^\\t\\n\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters that XML 1.0 cannot hold; each is replaced by a space."""


def read(body: bytes) -> dict[str, str]:
    """Return names and texts of the root's children, the first of each name; raises Malformed."""
    if len(body) > MAX_BYTES:
        raise limits.build_malformed("", f"more than {MAX_BYTES} bytes")
    root = read_xml(body)
    if len(root) > MAX_FIELDS:
        raise limits.build_malformed("", f"more than {MAX_FIELDS} fields")
    fields: dict[str, str] = {}
    for child in root.iterchildren("*"):
        fields.setdefault(child.tag, child.text or "")
    return fields


def write(fields: Mapping[str, object]) -> str:
    """Return the document `xml` with these fields.

    A mapping is a field with fields in it, a list is a field that occurs several times.
    """
    root = etree.Element("xml")
    _grow(root, fields)
    return str(etree.tostring(root, encoding="unicode"))


def _grow(parent: etree._Element, fields: Mapping[str, object]) -> None:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            child = etree.SubElement(parent, name)
            if isinstance(one, Mapping):
                _grow(child, one)
            else:
                child.text = UNWRITABLE.sub(" ", str(one))
