"""Who wrote a mail: a person, a machine, a list, an absent person's program, or a relay that could not deliver. Pure."""

import re

from gateway.ingest.mail.headers import Fields
from gateway.ingest.mail.letter import Nature

BOUNCERS = ("mailer-daemon@", "postmaster@", "mail-daemon@", "mdaemon@")

AWAY = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:auto(?:matic|matisch\w{0,2})?[- ]?(?:reply|response|antwort|generated reply)"
    r"|out of (?:the )?office|abwesenheit|r[ée]ponse automatique|自动(?:回复|答复|回覆)"
    r"|自動(?:回复|回覆|返信|応答)|不在通知|外出(?:自动)?回复)",
    re.IGNORECASE,
)
"""How programs that answer for somebody absent begin a subject where their headers do not say so."""

UNDELIVERED = re.compile(
    r"\s*(?:undeliver(?:able|ed)|delivery status notification|mail delivery (?:failed|failure|subsystem)|failure notice"
    r"|returned mail|退信|邮件退回|系统退信|投递失败)",
    re.IGNORECASE,
)


def nature(fields: Fields, sender: str, envelope: str | None) -> Nature:
    """By its head: `envelope` is the sender its relay was told, None where nobody knows."""
    subject, said = fields.text("subject"), fields.raw("auto-submitted").partition(";")[0].strip().lower()
    unreturnable = envelope == "" or fields.raw("return-path").strip() == "<>"
    if fields.raw("content-type").lower().startswith("multipart/report") or any(fields.all("x-failed-recipients")):
        return Nature.BOUNCE
    if sender.startswith(BOUNCERS) or (unreturnable and UNDELIVERED.match(subject)):
        return Nature.BOUNCE
    if said.startswith("auto-replied") or _answers_by_itself(fields) or AWAY.match(subject):
        return Nature.AUTO_REPLY
    if any(fields.all("list-id")) or fields.raw("precedence").lower() in ("list", "bulk", "junk"):
        return Nature.LIST
    if said not in ("", "no") or unreturnable or not sender or sender.startswith(("noreply@", "no-reply@", "donotreply@")):
        return Nature.MACHINE
    return Nature.PERSON


def _answers_by_itself(fields: Fields) -> bool:
    if any(fields.all("x-autoreply")) or any(fields.all("x-autorespond")) or any(fields.all("x-vacation")):
        return True
    return fields.raw("precedence").lower() == "auto_reply" or fields.raw("x-auto-reply").lower() in ("yes", "true", "1")
