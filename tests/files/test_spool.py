"""An uploaded file is measured, hashed and typed while it is received."""

from collections.abc import AsyncIterator, Iterable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import TooLarge
from gateway.files.media_type import MediaTypeSniffer
from gateway.files.spool import PIECE, receive_file

WORDS = (
    b"[Content_Types].xml",
    b"word/document.xml",
    b"PK\x03\x04",
    b"%PDF-",
    "ä€𝄞".encode(),
    b"\x00",
    b"text\n",
)


async def chunks(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize("named", [True, False])
async def test_received_file_is_measured_hashed_and_typed(tmp_path: Path, named: bool) -> None:
    content = b"%PDF-" + bytes(range(256)) * 3_000
    pieces = (content[at : at + 70_001] for at in range(0, len(content), 70_001))
    async with receive_file(chunks(pieces), len(content), tmp_path if named else None) as file:
        assert (file.size, file.sha256, file.type) == (
            len(content),
            sha256(content).digest(),
            "application/pdf",
        )
        for _ in range(2):
            read = [piece async for piece in file.pieces()]
            assert b"".join(read) == content
            assert max(map(len, read)) <= PIECE
        assert len(list(tmp_path.iterdir())) == named
    assert list(tmp_path.iterdir()) == []


async def test_oversized_file_is_refused_at_once_and_removed(tmp_path: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield bytes(1_000)

    with pytest.raises(TooLarge, match="at most 10000 bytes"):
        async with receive_file(endless(), 10_000, tmp_path):
            raise AssertionError
    assert sent == 11
    assert list(tmp_path.iterdir()) == []


async def test_empty_file_is_accepted() -> None:
    async with receive_file(chunks([]), 10, None) as file:
        assert (file.size, file.type, [piece async for piece in file.pieces()]) == (
            0,
            "text/plain; charset=utf-8",
            [],
        )


OFFICE = b"PK\x03\x04...[Content_Types].xml...word/document.xml..."


@pytest.mark.parametrize("cut", range(len(OFFICE)))
def test_file_type_is_found_across_chunk_boundary(cut: int) -> None:
    sniffer = MediaTypeSniffer()
    for piece in (OFFICE[:cut], OFFICE[cut:]):
        sniffer.feed(piece)
    assert sniffer.type().endswith("wordprocessingml.document")


@given(
    st.lists(st.sampled_from(WORDS) | st.binary(max_size=30), max_size=6).map(b"".join),
    st.lists(st.integers(0, 80), max_size=5),
)
def test_file_type_is_independent_of_chunking(content: bytes, cuts: list[int]) -> None:
    sniffer, places = (
        MediaTypeSniffer(),
        [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)],
    )
    for since, until in pairwise(places):
        sniffer.feed(content[since:until])
    at_once = MediaTypeSniffer()
    at_once.feed(content)
    assert sniffer.type() == at_once.type()
