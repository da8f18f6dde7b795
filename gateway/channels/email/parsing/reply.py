"""The text of a reply: the part that is certainly new and the part the record keeps. Pure.

Only certainly new text is interpreted by programs; text that may be quoted is kept for people to
interpret. The whole mail stays with its receipt. Where hardly any text would be left, or the
rest refers to the quotation, the record keeps all of it.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gateway.channels.email.parsing.headings import LINE, RULED, heading, is_marked, may_be_heading
from gateway.notify.reply_tokens import MARKERS

LOOKED_AT = 32_768
"""The number of characters of a text that are examined; new text is at the beginning."""

FOOTER = re.compile(
    r"\s{0,5}(?:Sent from (?:my|Outlook|Yahoo|Mail for)|Get Outlook for"
    r"|Von meinem .{1,30} gesendet|Envoyé (?:de|depuis) mon"
    r"|发自我的|从我的.{1,20}发送|来自我的|获取 ?Outlook|發自我的|iPhoneから送信).{0,100}",
    re.IGNORECASE,
)

POINTS_BELOW = re.compile(
    r"\b(?:below|inline|in-line|interleaved|in between|between the lines|in (?:red|blue|green"
    r"|bold|colou?r)|unten|in rot|im text"
    r"|(?:answers?|repl(?:y|ies)|comments?|remarks?|responses?|notes?)\b.{0,40}"
    r"\b(?:text|e?-?mail|message|within|inside|marked|embedded|each|per)|marked (?:with|by|in)"
    r"|in der mail|dazwischen|dans le texte|en el texto"
    r"|ci-dessous|plus bas|en rouge|abajo|en rojo|sotto|in rosso|hieronder|nedenfor|nedan|abaixo)\b"
    r"|见下|見下|如下|下面|下文|以下|红色|红字|标红|蓝色|蓝字|下記"
    r"|(?:答复|回复|回答|批注|标注|备注|说明)[^，。\n]{0,6}[在于]|[在见](?:原文|原邮件|正文|邮件)|逐[条一项]",
    re.IGNORECASE,
)
POINTING_IS_SHORT = 300
"""The number of characters beyond which a text has meaning of its own, whatever it refers to."""

GREETING = re.compile(
    r"\s{0,5}(?:hi|hello|hey|dear|hallo|guten (?:tag|morgen)|bonjour|hej|hola|ciao"
    r"|good (?:morning|afternoon|evening))"
    r"(?:\s{1,3}[\w.'-]{1,20}){0,2}\s{0,3}[,，!！:：.]?\s{0,5}|\s{0,5}(?:您好|你好|大家好|各位|老师"
    r"|[，,！!。:：\s]){1,10}",
    re.IGNORECASE,
)
FAREWELL = re.compile(
    r"\s{0,5}(?:(?:best|kind|warm|many)? ?regards|(?:all the )?best|best wishes|cheers|br|mfg|lg|vg"
    r"|sincerely|mit freundlichen grüßen|viele grüße|liebe grüße|cordialement|mvh"
    r"|祝好|此致|敬礼|顺祝商祺)[,，.!！\s]{0,5}(?:[\w.'-]{1,20}\s{0,3}){0,2}",
    re.IGNORECASE,
)
LEAST_REPEATED = 6
"""The length from which a line that the record already holds counts as a quotation of it."""


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """A parsed reply.

    `note` is kept, `new` is certainly new, `certain` says that no other text may be new.
    """

    note: str
    new: str
    certain: bool


@dataclass(frozen=True, slots=True)
class _UnquotedLines:
    """Lines without the certainly quoted ones.

    `doubtful` are the positions of those right beside quoted ones.
    """

    lines: list[str]
    doubtful: frozenset[int]
    cut: bool


def parse_reply(text: str, known: str = "", own_addresses: Collection[str] = ()) -> ParsedReply:
    """Return the parsed reply.

    `known` is the text that the record already holds, which reveals unmarked quotations;
    `own_addresses` are the writer's, in lower case.
    """
    text = text[:LOOKED_AT]
    lines = [line[:LINE] for line in text.split("\n")]
    end = next(
        (place for place, line in enumerate(lines) if any(marker in line for marker in MARKERS)),
        len(lines),
    )
    kept = _without_quotes(lines[:end])
    own = _without_signature(kept.lines)
    said = "\n".join(own).strip()
    if (kept.cut or end < len(lines)) and (_is_nearly_nothing(own) or _points_below(said)):
        return ParsedReply(text.strip(), said if _points_below(said) else "", certain=False)
    before = {_bare(line) for line in known[:LOOKED_AT].split("\n")}
    repeated = {line for line in before if len(line) >= LEAST_REPEATED}
    sure = _first_doubt(own, repeated, own_addresses)
    new = "\n".join(
        line for place, line in enumerate(own[:sure]) if place not in kept.doubtful
    ).strip()
    said_before = all(not _bare(line) or _bare(line) in before for line in own[sure:])
    certain = said_before and not any(place < len(own) for place in kept.doubtful) and bool(new)
    return ParsedReply(said or text.strip(), new, certain)


def _without_quotes(lines: Sequence[str]) -> _UnquotedLines:
    """Return the lines that are not certainly quoted.

    Below a heading only lines among marked ones are the writer's own.
    """
    out: list[str] = []
    doubtful: set[int] = set()
    cut = False
    place = 0
    while place < len(lines):
        if length := heading(lines, place):
            cut = True
            if not _next_is_marked(lines[place + length :]):
                break
            place += length
            continue
        if is_marked(lines[place]):
            cut = True
        else:
            beside = place > 0 and (
                is_marked(lines[place - 1])
                or (len(out) - 1 in doubtful and lines[place - 1].strip())
            )
            if beside and lines[place].strip():
                doubtful.add(len(out))
            out.append(lines[place])
        place += 1
    return _UnquotedLines(out, frozenset(doubtful), cut)


def _next_is_marked(lines: Sequence[str]) -> bool:
    return is_marked(next((line for line in lines if line.strip()), ""))


def _without_signature(lines: list[str]) -> list[str]:
    for place, line in enumerate(lines):
        if line.rstrip() == "--" and any(before.strip() for before in lines[:place]):
            lines = lines[:place]
            break
    while lines and (not lines[-1].strip(RULED + " \t\u00a0") or FOOTER.fullmatch(lines[-1])):
        lines = lines[:-1]
    return lines


def _first_doubt(lines: Sequence[str], repeated: Collection[str], own: Collection[str]) -> int:
    """Return the position of the first line from which on the text may be quoted.

    It is the end where there is none.
    """
    above = False
    for place, line in enumerate(lines):
        if may_be_heading(lines, place, own) or (above and _bare(line) in repeated):
            return place
        above = above or bool(line.strip())
    return len(lines)


def _bare(line: str) -> str:
    return "".join(letter for letter in line.casefold() if letter.isalnum())


def _is_nearly_nothing(lines: Sequence[str]) -> bool:
    """Return whether no more is left than a greeting and a farewell."""
    for line in lines:
        if FAREWELL.fullmatch(line):
            return True
        if any(letter.isalnum() for letter in line) and not GREETING.fullmatch(line):
            return False
    return True


def _points_below(said: str) -> bool:
    return len(said) <= POINTING_IS_SHORT and POINTS_BELOW.search(said) is not None
