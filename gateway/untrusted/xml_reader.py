"""A reader of untrusted XML, without entities, document types or the network. Pure."""

from lxml import etree  # type: ignore[import-untyped]

from gateway.errors import Flaw, Malformed


def read_xml(body: bytes) -> etree._Element:
    """Return the root of a document in UTF-8; raises Malformed.

    A document type is refused whatever is in it: entities are declared there, and nobody that
    the gateway reads XML from sends one.
    """
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.LxmlError, ValueError) as error:
        raise _malformed(f"not XML: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise _malformed("a document type")
    return root


def _malformed(detail: str) -> Malformed:
    return Malformed(detail, flaws=(Flaw("", detail),))
