"""What somebody newly wrote in a reply, without what they quote. Pure; every expression looks at one line of bounded length.

The whole mail stays with its receipt. Where nothing would be left, nothing is taken away.
"""

import re

from gateway.notify.reply_tokens import MARKERS

LOOKED_AT, LINE = 32_768, 1_000
"""Characters of a text and of a line of it that are looked at; new words stand at the beginning."""

SEPARATOR = re.compile(
    r"[-_*=\s\u00a0]{0,60}(?:original message|original-nachricht|ursprüngliche nachricht|message d'origine|mensaje original"
    r"|原始邮件|原始郵件|原邮件|邮件原件|元のメッセージ)[-_*=:：\s\u00a0]{0,60}",
    re.IGNORECASE,
)

WROTE = re.compile(
    r"(?:[>\s]{0,10})(?:"
    r"On .{5,400} wrote\s?:|Am .{5,400} schrieb.{0,200}:|Le .{5,400} a écrit\s?:|El .{5,400} escribió\s?:"
    r"|Il .{5,400} ha scritto\s?:|Op .{5,400} schreef.{0,200}:|[^\d<＜]{0,100}[\d<＜].{2,400}(?:写道|寫道)\s?[:：]"
    r"|\d{4}年\d{1,2}月\d{1,2}日.{0,300}[<＜].{3,200}[>＞]\s?[:：]|\d{4}년.{2,200}작성.{0,20}:"
    r")\s{0,5}",
)
"""What mail programs put above what they quote. In Chinese there is a date or an address: people write 写道 themselves."""

BEGINS = re.compile(r"[>\s]{0,10}(?:On|Am|Le|El|Il|Op|在|于)\b.{5,400}|[>\s]{0,10}在.{2,400}")
"""How such a line may begin where it is broken in two or three."""

FROM = re.compile(
    r"[*\s>]{0,10}(?:From|发件人|寄件者|寄件人|Von|De|Da|Van|差出人|보낸 ?사람)[*\s]{0,5}[:：].{0,500}", re.IGNORECASE
)
SENT = re.compile(
    r"[*\s>]{0,10}(?:Sent|Date|To|Subject|发送时间|发送日期|日期|时间|收件人|主题|主旨|寄件日期|收件者|Gesendet|An|Betreff|Datum|Envoyé"
    r"|À|Objet|Enviado|Para|Asunto|Inviato|Oggetto|Verzonden|Onderwerp|送信日時|宛先|件名)[*\s]{0,5}[:：].{0,500}",
    re.IGNORECASE,
)

FOOTER = re.compile(
    r"\s{0,5}(?:Sent from (?:my|Outlook|Yahoo|Mail for)|Get Outlook for|Von meinem .{1,30} gesendet|Envoyé (?:de|depuis) mon"
    r"|发自我的|从我的.{1,20}发送|来自我的|获取 ?Outlook|發自我的|iPhoneから送信).{0,100}",
    re.IGNORECASE,
)


def stripped(text: str) -> str:
    """What is new in it, or all of it where that would be nothing."""
    text = text[:LOOKED_AT]
    lines = [line[:LINE] for line in text.split("\n")]
    end = next((place for place, line in enumerate(lines) if any(marker in line for marker in MARKERS)), len(lines))
    kept = _without_quotes(lines[:end])
    kept = _without_signature(kept)
    return "\n".join(kept).strip() or text.strip()


def _without_quotes(lines: list[str]) -> list[str]:
    """Below a line that begins a quotation only what stands among lines that are marked as quoted is somebody's own."""
    out: list[str] = []
    place = 0
    while place < len(lines):
        length = _heading(lines, place)
        if length:
            rest = lines[place + length :]
            if not _is_marked(rest):
                return out
            place += length
            continue
        if not lines[place].lstrip().startswith((">", "＞")):
            out.append(lines[place])
        place += 1
    return out


def _heading(lines: list[str], place: int) -> int:
    """How many lines from here on are what a mail program puts above what it quotes."""
    line, following = lines[place], lines[place + 1 : place + 4]
    if SEPARATOR.fullmatch(line):
        return 1 if line.strip() else 0
    if _ends_in_colon(line) and WROTE.fullmatch(line):
        return 1
    if (":" in line or "：" in line) and FROM.fullmatch(line) and any(SENT.fullmatch(later) for later in following):
        return 1
    for more in (1, 2):
        if any(map(_ends_in_colon, following[more - 1 : more])) and BEGINS.fullmatch(line):
            together = " ".join(part.strip() for part in (line, *following[:more]))
            return more + 1 if WROTE.fullmatch(together[:LINE]) else 0
    return 0


def _ends_in_colon(line: str) -> bool:
    return line.rstrip().endswith((":", "："))


def _is_marked(lines: list[str]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    return first.lstrip().startswith((">", "＞"))


def _without_signature(lines: list[str]) -> list[str]:
    for place, line in enumerate(lines):
        if line.rstrip() == "--" and any(before.strip() for before in lines[:place]):
            lines = lines[:place]
            break
    while lines and (not lines[-1].strip() or FOOTER.fullmatch(lines[-1])):
        lines = lines[:-1]
    return lines
