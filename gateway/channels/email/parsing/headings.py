"""Lines that mail programs put above quoted text: certain ones and possible ones. Pure.

Every expression looks at one line of bounded length. Lines in the languages listed here are
certain; in all others the structure decides: an address and a date before a colon, or a block of
labels like From, Sent, To and Subject.
"""

import re
from collections.abc import Collection, Sequence

LINE = 1_000
"""The number of characters of a line that are examined."""

SEPARATOR = re.compile(
    r"[-_*=\s\u00a0]{0,60}(?:original message|(?<=-)original(?=-)"
    r"|(?<=-[ \u00a0])original(?=[ \u00a0]-)|replied message|forwarded message"
    r"|original-nachricht|ursprüngliche nachricht|message d'origine|mensaje original"
    r"|oprindelig meddelelse|ursprungligt meddelande|opprinnelig melding"
    r"|oorspronkelijk bericht|messaggio originale"
    r"|mensagem original|alkuperäinen viesti|wiadomość oryginalna|původní zpráva"
    r"|исходное сообщение|orijinal ileti"
    r"|원본 ?메시지|원본메일|ข้อความต้นฉบับ"
    r"|原始邮件|原始郵件|(?:回复的|转发的)?原邮件|转发的邮件|邮件原件|元のメッセージ)[-_*=:：\s\u00a0]{0,60}",
    re.IGNORECASE,
)

WROTE = re.compile(
    r"(?:[>\s]{0,10})(?:"
    r"On .{5,400} wrote\s?:|At .{5,400} wrote\s?:|Am .{5,400} schrieb.{0,200}:"
    r"|Le .{5,400} a écrit\s?:|El .{5,400} escribió\s?:"
    r"|Il .{5,400} ha scritto\s?:|Op .{5,400} schreef.{0,200}:|Em .{5,400} escreveu\s?:"
    r"|Den .{5,400} skrev.{0,200}:"
    r"|[^\d<＜]{0,100}[\d<＜].{2,400}(?:写道|寫道)\s?[:：]"
    r"|\d{4}年\d{1,2}月\d{1,2}日.{0,300}[<＜].{3,200}[>＞]\s?[:：]|\d{4}년.{2,200}작성.{0,20}:"
    r")\s{0,5}",
)
"""Lines that say who wrote.

In Chinese there must be a date or an address: people write 写道 themselves.
"""

BEGINS = re.compile(
    r"[>\s]{0,10}(?:On|At|Am|Le|El|Il|Op|Em|Den|在|于)\b.{5,400}|[>\s]{0,10}在.{2,400}"
)
"""Beginnings of such a line where it is broken into two or three."""

FROM = re.compile(
    r"[*\s>]{0,10}(?:From|发件人|寄件者|寄件人|Von|De|Da|Van|Fra|Från|Lähettäjä|Od|Feladó|От|Від|Kimden"
    r"|Από|De la|Dari|Từ|Saatja"
    r"|Pošiljatelj|差出人|보낸 ?사람|จาก|من|מאת)[*\s]{0,5}[:：].{0,500}",
    re.IGNORECASE,
)
SENT = re.compile(
    r"[*\s>]{0,10}(?:Sent|Date|To|Subject|发送时间|发送日期|日期|时间|收件人|主题|主旨|寄件日期|收件者|Gesendet|An"
    r"|Betreff|Datum|Envoyé"
    r"|À|Objet|Enviado|Enviada em|Para|Assunto|Asunto|Inviato|Oggetto|Verzonden|Aan|Onderwerp"
    r"|送信日時|宛先|件名"
    r"|Sendt|Dato|Til|Emne|Skickat|Till|Ämne|Lähetetty|Vastaanottaja|Aihe|Wysłano|Data|Do"
    r"|Temat|Odesláno|Komu|Předmět|Predmet"
    r"|Elküldve|Címzett|Tárgy|Отправлено|Дата|Кому|Тема|Надіслано|Gönderildi|Gönderilen|Kime"
    r"|Konu|Στάλθηκε|Προς|Θέμα|Trimis|Către"
    r"|Subiect|Dikirim|Kepada|Subjek|Đã gửi|Tới|Chủ đề|보낸 ?날짜|받는 ?사람|제목|วันที่|ถึง|เรื่อง|إلى"
    r"|الموضوع|אל|נושא)"
    r"[*\s]{0,5}[:：].{0,500}",
    re.IGNORECASE,
)

NAMED = re.compile(
    r"\s{0,5}(?P<name>[^\s<＜(\[].{0,100}?)?\s{0,3}[<＜\[](?:mailto:)?"
    r"(?P<address>[^<>＜＞\[\]\s]{1,200}@[^<>＜＞\[\]\s]{1,200})[>＞\]][;,]?.{0,40}"
)
"""A person's name and address on a line of their own."""

ORIGINAL = re.compile(r"original (?:message|mail)|原始邮件|原邮件|原始郵件", re.IGNORECASE)
OTHER_MARK = re.compile(r"\s{0,3}(?:[|¦:]|[A-Za-z]{1,3}>)\s.{0,1000}")
"""A line marked as quoted by a sign that may mean something else."""

ANGLED = re.compile(r"[<＜(\[][^<>＜＞()\[\]\s]{1,200}@[^<>＜＞()\[\]\s]{1,200}[>＞)\]]")
ADDRESS = re.compile(r"[^\s<>@]@[^\s<>@]{1,100}\.[^\s<>@]")
"""The middle of a mail address, which is enough to see that a line holds one."""
YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2}(?!\d)")
TIME = re.compile(r"(?<!\d)\d{1,2}[:.时点]\d{2}(?!\d)")
LABEL = re.compile(r"[*\s>]{0,10}[^\W\d_][^:：\n<>@]{0,25}[*\s]{0,5}[:：](?!//).{0,500}")
RULED = "-_=*—─━"
"""Characters that rules across the page are made of."""

LEAST_LABELS = 3
"""The number of labelled lines in succession that make a block; fewer may be anybody's text."""

SHORT_MOMENT = 16
"""Letters and digits allowed beside year and time on a line that holds a time."""

SHORT_RULE = 10
"""The length below which a line of such characters marks a list or a signature instead."""


def heading(lines: Sequence[str], place: int) -> int:
    """Return the number of lines from here that certainly are a quotation's heading, or 0."""
    line, following = lines[place], lines[place + 1 : place + 4]
    if SEPARATOR.fullmatch(line):
        return 1 if line.strip() else 0
    if _is_attribution(line):
        return 1
    if (
        (":" in line or "：" in line)
        and FROM.fullmatch(line)
        and any(SENT.fullmatch(later) for later in following)
    ):
        return 1
    if (
        (block := _block(lines, place)) >= LEAST_LABELS
        and ANGLED.search(line)
        and _dated(lines[place + 1 : place + block])
    ):
        return 1
    for more in (1, 2):
        if any(map(_ends_in_colon, following[more - 1 : more])):
            together = " ".join(part.strip() for part in (line, *following[:more]))[:LINE]
            begins = BEGINS.fullmatch(line) and WROTE.fullmatch(together)
            return more + 1 if begins or (YEAR.search(line) and _is_attribution(together)) else 0
    return 0


def may_be_heading(lines: Sequence[str], place: int, own: Collection[str] = ()) -> bool:
    """Return whether the line may be the heading of a quotation, or quoted itself.

    Then it is unknown who wrote the text below it. `own` are the addresses of the writer, in
    lower case, which stand in signatures.
    """
    line = lines[place]
    told = ADDRESS.search(line) or ORIGINAL.search(line) or _has_moment(line)
    if told and _ends_in_colon(line):
        return True
    if _is_rule(line.strip()) or OTHER_MARK.fullmatch(line):
        return True
    if _is_moment(line) or _names_another(line, own):
        return True
    block = _block(lines, place)
    return block >= LEAST_LABELS and _dated(lines[place : place + block])


def is_marked(line: str) -> bool:
    """Return whether a line is marked as quoted."""
    return line.lstrip().startswith((">", "＞"))


def _is_attribution(line: str) -> bool:
    """Return whether a line says who wrote when, in a known language or by date and address."""
    if not _ends_in_colon(line):
        return False
    return bool(
        WROTE.fullmatch(line) or (ANGLED.search(line) and (YEAR.search(line) or TIME.search(line)))
    )


def _block(lines: Sequence[str], place: int) -> int:
    """Return the number of lines from here on that begin with a label and a colon."""
    count = 0
    for line in lines[place : place + 8]:
        if not LABEL.fullmatch(line):
            break
        count += 1
    return count


def _is_rule(line: str) -> bool:
    """Return whether a line is a rule across the page, or words between two of them."""
    if len(line) < SHORT_RULE:
        return False
    return all(len(set(end)) == 1 and end[0] in RULED for end in (line[:3], line[-3:]))


def _is_moment(line: str) -> bool:
    """Return whether a line holds little more than a day and a time."""
    rest = TIME.sub("", YEAR.sub("", line))
    return _has_moment(line) and sum(map(str.isalnum, rest)) <= SHORT_MOMENT


def _has_moment(line: str) -> bool:
    return YEAR.search(line) is not None and TIME.search(line) is not None


def _names_another(line: str, own: Collection[str]) -> bool:
    """Return whether a line holds the name and address of another person, as above quoted text."""
    found = NAMED.fullmatch(line)
    if found is None:
        return False
    address = found["address"].casefold()
    return address not in own and address not in (found["name"] or "").casefold()


def _dated(lines: Sequence[str]) -> bool:
    return any(YEAR.search(line) and (TIME.search(line) or "年" in line) for line in lines)


def _ends_in_colon(line: str) -> bool:
    return line.rstrip().endswith((":", "："))
