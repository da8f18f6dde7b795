"""Long mails are read by a process of their own, which may be hurt."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.errors import Malformed
from gateway.ingest.mail import reader as reading
from gateway.ingest.mail.posted import Kept, Posted
from gateway.ingest.mail.reader import Reader
from gateway.ingest.mail.worker import CPU_SECONDS
from tests.ingest.mail.writing import a_mail, head

LONG = Posted("message/rfc822", a_mail("磁盘满了 " * 6_000))


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    made = Reader(Kept(1_000, 2))
    yield made
    await made.close()


async def test_a_short_mail_needs_no_process_and_a_long_one_gets_the_same_one_again(reader: Reader) -> None:
    assert (await reader(Posted("message/rfc822", a_mail()))).subject == "help"
    assert reader._process is None
    letters = await asyncio.gather(*(reader(LONG) for _ in range(3)))
    first = reader._process
    assert {letter.text for letter in letters} == {("磁盘满了 " * 6_000).strip()}
    assert (await reader(LONG)).sender == "ann@example.com"
    assert reader._process is first


async def test_what_cannot_be_understood_is_said_across_the_process_and_files_keep_their_bounds(reader: Reader) -> None:
    with pytest.raises(Malformed, match="this is no mail"):
        await reader(Posted("message/rfc822", b"\0" * 50_000))
    sent = head(Content_Type="application/zip") + b"z" * 50_000
    ((file,),) = [(await reader(Posted("message/rfc822", sent, "x", ("in@gw.example",)))).enclosed]
    assert (file.size, file.content) == (50_000, None)


async def test_a_process_that_is_gone_costs_nothing_and_one_that_says_nothing_one_mail(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reader(LONG)
    assert reader._process is not None
    reader._process.kill()
    assert (await reader(LONG)).subject == "help"
    assert reader._process is not None
    reader._process.send_signal(19)
    monkeypatch.setattr(reading, "WITHIN", 0.2)
    with pytest.raises(Malformed, match="more time or memory"):
        await reader(LONG)
    monkeypatch.undo()
    assert (await reader(LONG)).subject == "help"


async def test_a_reader_that_is_told_to_stop_in_the_middle_starts_afresh(reader: Reader) -> None:
    waiting = asyncio.ensure_future(reader(Posted("message/rfc822", a_mail("x " * 400_000))))
    while reader._process is None:
        await asyncio.wait({waiting}, timeout=0.001)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert reader._process is None
    assert (await reader(LONG)).subject == "help"


def test_the_process_is_killed_before_it_is_waited_for_in_vain() -> None:
    assert CPU_SECONDS * 2 < reading.WITHIN
