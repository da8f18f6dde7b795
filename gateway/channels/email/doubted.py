"""A notification to staff that mail in their name is not authenticated, and what to do.

It is sent to each once.
"""

from gateway.channels.email.writer import MailWriter
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.record import Notice
from gateway.notify.texts.templates import Template
from gateway.operations.unit_of_work import Transaction

SUBJECT = {
    "en": "Mail from your address is kept as that of an unverified sender",
    "zh-CN": "来自您邮箱的邮件按“未验证的发件人”保存",
}
TEXT = {
    "en": (
        "A mail from your address was taken in. Nothing vouches that you wrote it, so it stands "
        "under the address, marked as that of an unverified sender, "
        "and changes nothing but the list of notes.\n\n"
        "If you wrote it, nothing is lost. For mail in your own name an administrator sets "
        "mail.authentication: the servers whose checks of senders are believed. "
        "If you did not write it, somebody else writes in your name.\n\n"
        "You are told this once."
    ),
    "zh-CN": (
        "已收到一封来自您邮箱地址的邮件。没有可信的服务器证明是您本人所写，因此它以该地址的名义"
        "保存为备注，并标明“未验证的发件人”，"
        "不会引起其他变化。\n\n"
        "如果确系您本人所写，内容不会丢失。如需以您本人名义记录，请管理员设置 mail.authentication，"
        "指明其发件人校验结果可信的服务器。如果不是您写的，则有人在冒用您的名义。\n\n"
        "此通知只发送一次。"
    ),
}


async def notify_of_unverified_mail(tx: Transaction, wrote: MailWriter) -> None:
    """Queue the notification to the staff member whose address the unverified mail has.

    It is sent once ever.
    """
    if wrote.person is None or wrote.staff is not None or not wrote.person.contact:
        return
    locale = wrote.locale if wrote.locale in TEXT else "en"
    facts = {"subject": SUBJECT[locale], "text": TEXT[locale], "locale": locale}
    target = f"smtp:{wrote.person.contact}"
    notice = Notice(
        cause="mail_unverified", target=target, role="staff", template=Template.CHAT, facts=facts
    )
    await queue_notices(tx.conn, [(None, notice)], tx.now)
