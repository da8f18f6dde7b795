"""The kind of writer of a mail by its headers, and suspicions by its words. Pure.

Headers decide (RFC 3834, RFC 3464). Words of a subject and names of addresses are a suspicion:
it keeps the gateway from answering, and never loses a mail.
"""

import re

from gateway.channels.email.parsing.letter import WriterKind
from gateway.ingest.mime.headers import HeaderFields, parse_addresses

AUTOMATIC = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:auto(?:matic|matisch\w{0,2})?[- ]?(?:reply|response|antwort"
    r"|generated reply)"
    r"|out of (?:the )?office|abwesenheit|r[ée]ponse automatique|absence du bureau"
    r"|respuesta autom[áa]tica|fuera de (?:la )?oficina|resposta autom[áa]tica"
    r"|fora do escrit[óo]rio|risposta automatica|fuori (?:ufficio|sede)|automatisch antwoord"
    r"|afwezigheids"
    r"|auto(?:matiskt? )?svar\b|fr[åa]nvaro|frav[æa]rs|automaattinen vastaus|poissaoloviesti"
    r"|odpowied[źz] automatyczna|autoodpowied[źz]|automatick[áa] odpov[eě][dď]"
    r"|automatikus v[áa]lasz"
    r"|r[ăa]spuns automat|samodejni odgovor|automatski odgovor|otomatik (?:yan[ıi]t|cevap)"
    r"|автоматическ(?:ий ответ|ое сообщение)|автоответ|автоматична відповідь|αυτόματη απάντηση"
    r"|balasan otomatis|trả lời tự động|ตอบกลับอัตโนมัติ|رد تلقائي|מענה אוטומטי"
    r"|부재중|자동 ?(?:회신|응답|답장)|自动(?:回复|答复|回覆)"
    r"|自動(?:回复|回覆|返信|応答)|不在通知|外出(?:自动)?回复"
    r"|undeliver(?:able|ed)|delivery status notification|mail delivery (?:failed|failure"
    r"|subsystem)|failure notice"
    r"|returned mail|退信|邮件退回|系统退信|投递失败)",
    re.IGNORECASE,
)
"""Beginnings of subjects of automatic replies and returned mail."""

AWAY = re.compile(
    r"this (?:e?-?mail )?is an auto(?:matic(?:ally)?|mated)?[- ]?(?:generated )?"
    r"(?:reply|response|message|answer)"
    r"|\b(?:i am|i['’]m|i will be) (?:currently |presently |now )?"
    r"(?:out of (?:the )?office|away from (?:the|my) (?:office|desk)"
    r"|on (?:\w{1,12} )?(?:leave|vacation|holidays?))"
    r"|\bich bin\b.{0,40}(?:nicht im (?:büro|haus|dienst)|abwesend|im urlaub|außer haus)"
    r"|(?:diese|dies ist eine) (?:e-?mail|nachricht)? ?(?:wurde )?automatisch"
    r"|je suis (?:actuellement )?(?:absent|en congé)"
    r"|estoy (?:fuera de la oficina|de vacaciones|ausente)|sono (?:fuori ufficio|in ferie|assente)"
    r"|estou (?:fora do escritório|de férias|ausente)|ik ben (?:afwezig|niet aanwezig)"
    r"|(?:本|此|这是)(?:一?封)?(?:邮件|信)?[为是由系统]{0,4}自动(?:回复|发送|答复)"
    r"|(?:正在|目前在?)?(?:休假|年假|出差)(?:中|期间)"
    r"|(?:目前|现在)?不在办公室|自動返信|不在にして",
    re.IGNORECASE,
)
"""Phrases with which automatic replies of absent people begin."""

BEGINNING = 500
"""The number of characters at the beginning of a text in which such phrases count."""

ROBOT = re.compile(
    r"(?:no-?_?reply|do-?_?not-?_?reply|donotreply|mailer-daemon|mail-daemon|mdaemon"
    r"|wordpress|www-data|apache|nobody|bounces?)(?:[-+._=][^@]*)?@",
    re.IGNORECASE,
)
"""Addresses that nobody reads."""

POSTMASTER = "postmaster@"
BULK = frozenset({"bulk", "junk"})


def writer_kind(fields: HeaderFields, sender: str, *, null_sender: bool) -> WriterKind:
    """Return the kind of writer, by headers and structure alone."""
    said = fields.raw("auto-submitted").partition(";")[0].strip().lower()
    if fields.raw("content-type").lower().startswith("multipart/report") or any(
        fields.all("x-failed-recipients")
    ):
        return WriterKind.BOUNCE
    if said.startswith("auto-replied") or _answers_by_itself(fields):
        return WriterKind.AUTO_REPLY
    precedence = fields.raw("precedence").lower()
    if precedence not in BULK and (_has_list_headers(fields) or precedence == "list"):
        return WriterKind.LIST
    if said not in ("", "no") or null_sender or not sender or precedence in BULK:
        return WriterKind.MACHINE
    return WriterKind.PERSON


def _has_list_headers(fields: HeaderFields) -> bool:
    return any(fields.all("list-id")) or any(fields.all("list-post"))


def has_null_sender(fields: HeaderFields, envelope: str | None) -> bool:
    """Return whether the mail was sent with the null reverse path.

    `envelope` is the sender in the SMTP envelope, None if unknown.
    """
    return (envelope is not None and not envelope.strip(" <>")) or fields.raw(
        "return-path"
    ).replace(" ", "") == "<>"


def is_by_list(fields: HeaderFields, sender: str) -> bool:
    """Return whether From is a mailing list that sends in its own name, because of DMARC."""
    if not sender or fields.raw("precedence").lower() in BULK:
        return False
    list_id = fields.raw("list-id").rpartition("<")[2].strip(" >").lower()
    return sender in parse_addresses(
        fields.raw("list-post").replace("mailto:", "")
    ) or list_id == sender.replace("@", ".")


def seems_automatic(subject: str) -> bool:
    """Return whether a subject begins like that of an automatic reply."""
    return AUTOMATIC.match(subject) is not None


def says_away(text: str) -> bool:
    """Return whether a text begins like the automatic reply of an absent person."""
    return AWAY.search(text[:BEGINNING]) is not None


def is_robot(address: str) -> bool:
    """Return whether an address by its name is one that nobody reads."""
    return ROBOT.match(address) is not None


def _answers_by_itself(fields: HeaderFields) -> bool:
    if (
        any(fields.all("x-autoreply"))
        or any(fields.all("x-autorespond"))
        or any(fields.all("x-vacation"))
    ):
        return True
    return fields.raw("precedence").lower() == "auto_reply" or fields.raw(
        "x-auto-reply"
    ).lower() in ("yes", "true", "1")
