"""Common steps of the scenarios of mail."""

import asyncio
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import aiosmtplib

from tests.support.story import Story

LISTENING = """
[mail]
reply_to = "desk@example.com"
acknowledgements_per_hour = 2
[mail.listener]
host = "127.0.0.1"
port = 0
sessions_per_address = 3
mailboxes = { "alerts@example.com" = "ours" }
[[mail.rules]]
name = "zabbix"
senders = ["*@zabbix.example.com"]
subjects = ["Problem: {title}"]
cleared = ["Resolved in *: {title}"]
lines = ["Host: {ci}"]
key = "{ci}/{title}"
[[mail.rules]]
name = "news"
make = "ignore"
senders = ["news@example.com"]
[[mail.rules]]
name = "payroll"
make = "report"
subjects = ["[payroll] *"]
service = "payroll"
impact = "company"
urgency = "urgent"
"""


def a_mail(text: str = "My disk is full.", **fields: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    given = {"From": "Ann <ann@example.com>", "Subject": "help", "Message-ID": "<1@example.com>"}
    for name, value in (
        given | {name.replace("_", "-"): value for name, value in fields.items()}
    ).items():
        mail[name] = value
    mail.set_content(text)
    return mail


async def send(
    story: Story, mail: EmailMessage | bytes, to: str = "", sender: str = "ann@example.com"
) -> str:
    """Send a mail by SMTP, by default to an address with an integration's key; return the reply."""
    host, port = story.gateway.smtp[0][:2]
    client = aiosmtplib.SMTP(hostname=host, port=port, start_tls=False)
    content = mail if isinstance(mail, bytes) else mail.as_bytes()
    async with client:
        options = [] if sender.isascii() else ["SMTPUTF8"]
        _, answer = await client.sendmail(
            sender, [to or f"in+{story.keys['ingest']}@gw.example"], content, mail_options=options
        )
    return answer


async def records(story: Story) -> list[Any]:
    listed: list[Any] = (await story.call("GET", "incidents"))["incidents"]
    return sorted(listed, key=lambda one: str(one["number"]))


async def entries(story: Story, number: str) -> list[Any]:
    found: list[Any] = (await story.call("GET", f"incidents/{number}/timeline"))["entries"]
    return found


async def arrived(story: Story) -> EmailMessage:
    return await asyncio.wait_for(story.mailbox.arrived.get(), 10)
