"""Long mails are read by a separate process, whose time and memory are limited."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from gateway.channels.email import reader as reading
from gateway.channels.email.posted import JSON, DeliveredMail, FileLimits, parse_mail
from gateway.channels.email.reader import MailReader
from gateway.errors import Malformed
from gateway.ingest.workers.process import ParseWorker, is_quick
from tests.channels.email.sample_mails import a_mail, head
from tests.support import hostile
from tests.support.forker import FORKER

LONG = DeliveredMail("message/rfc822", a_mail("磁盘满了 " * 6_000))
COSTLY = DeliveredMail("message/rfc822", a_mail("磁盘满了 " * 100_000))
"""A mail that takes many ticks of the processor clock, which measures the time limit.

The process has read other mails before it.
"""


@pytest.fixture
async def reader() -> AsyncIterator[MailReader]:
    made = MailReader(FileLimits(1_000, 2), ParseWorker("mail", FORKER))
    yield made
    await made.reader.close()


async def test_short_mail_needs_no_process_and_long_mail_uses_one(reader: MailReader) -> None:
    assert (await reader(DeliveredMail("message/rfc822", a_mail()))).subject == "help"
    assert not reader.reader.started
    letters = await asyncio.gather(*(reader(LONG) for _ in range(3)))
    assert {letter.text for letter in letters} == {("磁盘满了 " * 6_000).strip()}
    assert (await reader(LONG)).sender == "ann@example.com"


async def test_malformed_mail_and_file_limits_pass_process_boundary(reader: MailReader) -> None:
    with pytest.raises(Malformed, match="this is no mail"):
        await reader(DeliveredMail("message/rfc822", b"\0" * 50_000))
    sent = head(Content_Type="application/zip") + b"z" * 50_000
    ((file,),) = [
        (await reader(DeliveredMail("message/rfc822", sent, "x", ("in@gw.example",)))).enclosed
    ]
    assert (file.size, file.content) == (50_000, None)


async def test_mail_beyond_cpu_limit_is_malformed(
    reader: MailReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CPU_SECONDS", 0.001)
    with pytest.raises(Malformed, match="the mail takes more time or memory"):
        await reader(COSTLY)
    monkeypatch.undo()
    assert (await reader(LONG)).subject == "help"


async def test_json_with_many_values_is_read_in_process(reader: MailReader) -> None:
    letter = await reader(
        DeliveredMail(
            JSON,
            b'{"Subject": "help", "From": "ann@example.com", "Headers": [' + b"1," * 5_000 + b"1]}",
        )
    )
    assert (letter.subject, reader.reader.started) == ("help", True)


@pytest.mark.parametrize("member", ["Headers", "Attachments", "TextBody"])
def test_inline_read_json_takes_under_100_milliseconds(member: str) -> None:
    before = f'{{"{member}":['.encode()
    bodies = [*hostile.any_json(reading.SHORT), *hostile.values(reading.SHORT, before, b"]}")]
    for name, body in (one for one in bodies if is_quick(one[1])):
        assert min(seconds(DeliveredMail(JSON, body)) for _ in range(2)) < 0.1, name


def seconds(posted: DeliveredMail) -> float:
    """Return the processor time that reading a mail takes."""
    began = time.thread_time()
    with suppress(Malformed):
        parse_mail(posted, FileLimits(1_000, 2))
    return time.thread_time() - began
