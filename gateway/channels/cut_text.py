"""Texts cut to the limits of vendors, which count bytes. Pure."""

ELLIPSIS = "…"


def cut_to_bytes(text: str, most: int, encoding: str = "utf-8") -> str:
    """Return the text, or as much of its beginning as fits with an ellipsis."""
    if len(text.encode(encoding, "replace")) <= most:
        return text
    room = most - len(ELLIPSIS.encode(encoding))
    kept = text.encode(encoding, "replace")[:room].decode(encoding, "ignore")
    return kept.rstrip() + ELLIPSIS
