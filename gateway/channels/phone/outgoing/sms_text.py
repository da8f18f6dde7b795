"""Texts of short messages, in as few parts as they need. Pure.

A part holds 160 characters of the GSM alphabet, or 70 UTF-16 units of any other text; where there
are several, each loses the room of its header (3GPP TS 23.038 and 23.040).
"""

import unicodedata
from collections.abc import Sequence

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The characters of the GSM alphabet that take one unit."""

EXTENDED = frozenset("\f^{}\\[~]|€")
"""The characters that take two units, which stay in one part."""

SPELT = str.maketrans(
    {
        "…": "...",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "\u2011": "-",
        "•": "*",
        "→": "->",
        "\u00a0": " ",
        "\u202f": " ",
        "\t": " ",
        "`": "'",
    }
)
"""Typographic characters as the GSM alphabet writes them."""

ONE_GSM, EACH_GSM = 160, 153
ONE_UCS2, EACH_UCS2 = 70, 67
MOST_PARTS = 3
"""The most parts that are filled; only lines that may not be cut make a message longer."""

LEAST_HEAD = 40
"""Characters of a subject worth having: a message takes another part before it shows fewer."""

LONGEST_WORD = 24
"""Characters given up, at most, to cut a text between two words."""


def is_gsm(text: str) -> bool:
    """Return whether the GSM alphabet holds the text."""
    return all(letter in BASIC or letter in EXTENDED for letter in text)


def count_parts(text: str) -> int:
    """Return the number of parts that a text is sent in."""
    if is_gsm(text):
        widths, one, each = [1 + (letter in EXTENDED) for letter in text], ONE_GSM, EACH_GSM
    else:
        widths, one, each = [1 + (letter > "\uffff") for letter in text], ONE_UCS2, EACH_UCS2
    if sum(widths) <= one:
        return 1
    parts, used = 1, 0
    for width in widths:
        if used + width > each:
            parts, used = parts + 1, 0
        used += width
    return parts


def compose(subject: str, whole: Sequence[str], more: Sequence[str] = ()) -> str:
    """Return a message of a subject, lines that are kept whole, and as much more as there is room.

    It takes one part if that shows enough of the subject, else the fewest that do. What is cut
    ends at a word with an ellipsis; a line of `more` that has no room is left out.
    """
    whole = [line for line in whole if line]
    head = _spelt(subject, whole)
    parts = next((n for n in range(1, MOST_PARTS) if _shows_enough(head, whole, n)), MOST_PARTS)
    text = _with_head(head, whole, parts)
    for line in (line for line in more if line):
        longer = f"{text}\n{_spelt(line, [text])}"
        if count_parts(longer) <= parts:
            text = longer
    return text


def shorten(text: str) -> str:
    """Return a text of several lines in at most `MOST_PARTS` parts."""
    return _with_head(_spelt(text, ()), (), MOST_PARTS)


def _spelt(text: str, beside: Sequence[str]) -> str:
    """Return the text in the GSM alphabet where that is all that keeps the message out of it."""
    plain = unicodedata.normalize("NFC", text).translate(SPELT)
    return plain if is_gsm(plain) and all(is_gsm(line) for line in beside) else text


def _shows_enough(head: str, whole: Sequence[str], parts: int) -> bool:
    shown = _cut(head, whole, parts)
    return shown == head or len(shown) >= LEAST_HEAD


def _with_head(head: str, whole: Sequence[str], parts: int) -> str:
    shown = _cut(head, whole, parts)
    return "\n".join((shown, *whole) if shown else whole)


def _cut(head: str, whole: Sequence[str], parts: int) -> str:
    """Return the most of a subject that fits into so many parts beside the other lines."""
    if count_parts("\n".join((head, *whole))) <= parts:
        return head
    low, high = 0, len(head)
    while low < high:
        middle = (low + high + 1) // 2
        fits = count_parts("\n".join((_ended(head, middle, whole), *whole))) <= parts
        low, high = (middle, high) if fits else (low, middle - 1)
    return _ended(head, _word_end(head, low), whole) if low else ""


def _ended(head: str, length: int, whole: Sequence[str]) -> str:
    shown = head[:length].rstrip()
    return shown + ("..." if is_gsm(shown) and all(is_gsm(line) for line in whole) else "…")


def _word_end(text: str, length: int) -> int:
    """Return where to cut so that no word is broken, or at least no letter, if a word is long."""
    places = range(length, max(length - LONGEST_WORD, 0), -1)
    whole_letter = (at for at in places if not _continues(text[at]))
    return next(
        (at for at in places if _is_between_words(text[at - 1], text[at])),
        next(whole_letter, length),
    )


def _is_between_words(before: str, after: str) -> bool:
    """Return whether a text may be cut here: at a space, or beside a letter written without."""
    return not _continues(after) and (
        before.isspace() or after.isspace() or _is_wide(before) or _is_wide(after)
    )


def _continues(letter: str) -> bool:
    """Return whether a character is shown as one with that before it."""
    return unicodedata.category(letter) in ("Mn", "Me", "Mc", "Cf", "Sk") or letter == "\u200d"


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in ("W", "F")
