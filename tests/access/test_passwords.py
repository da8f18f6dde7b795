"""Passwords are stored hashed and checked in threads; weak ones are refused."""

import asyncio
from collections.abc import Iterator
from time import perf_counter

import argon2
import pytest

from gateway.access.passwords import AT_ONCE, COMMON, Passwords, check_password, is_common
from gateway.errors import Overloaded, Unprocessable


@pytest.fixture(scope="module")
def passwords() -> Iterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


async def test_hash_matches_only_its_password(passwords: Passwords) -> None:
    kept = await passwords.hash("four words make one")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches(kept, "four words make one")
    assert not await passwords.matches(kept, "four words make two")
    assert not await passwords.matches("not a hash", "four words make one")
    assert not passwords.is_dated(kept)


async def test_missing_hash_matches_nothing_in_similar_time(passwords: Passwords) -> None:
    kept = await passwords.hash("four words make one")
    somebodys: list[float] = []
    nobodys: list[float] = []
    for _ in range(5):
        for spent, known in ((somebodys, kept), (nobodys, None)):
            began = perf_counter()
            assert not await passwords.matches(known, "the password of nobody")
            spent.append(perf_counter() - began)
    assert 0.3 < min(somebodys) / min(nobodys) < 3


async def test_password_check_does_not_block_event_loop(passwords: Passwords) -> None:
    checking = asyncio.gather(*(passwords.matches(None, "x") for _ in range(4)))
    turns = 0
    while not checking.done():
        turns += 1
        await asyncio.wait({asyncio.ensure_future(asyncio.Event().wait())}, timeout=0.001)
    assert turns > 5


async def test_excess_password_checks_are_refused_and_later_ones_accepted() -> None:
    few = Passwords(waiting=4)
    answers = await asyncio.gather(
        *(few.matches(None, "x") for _ in range(AT_ONCE + 4 + 5)), return_exceptions=True
    )
    assert sum(isinstance(answer, Overloaded) for answer in answers) == 5
    assert await few.matches(None, "x") is False
    few.close()


async def test_outdated_hash_is_recognised(passwords: Passwords) -> None:
    assert passwords.is_dated(
        argon2.PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("x")
    )


@pytest.mark.parametrize(
    "password",
    [
        "short", "aaaaaaaaaaaaaaaa", "password1234", "Qwerty123456!", "1qaz2wsx3edc",
        "2580-2580-2580", "abcdefgabcdefg", "iLoveYou 2026", "ann.lee.123!", "Ann.Lee@example.com1",
        "x" * 300,
    ],
)  # fmt: skip
def test_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Unprocessable):
        check_password(password, "ann.lee", "Ann Lee", "ann.lee@example.com")


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "ann.lee likes long sentences", "密码也可以是一句很长的话吗当然"],
)
def test_passphrase_is_accepted(password: str) -> None:
    assert check_password(password, "ann.lee", "") == password


def test_every_common_password_is_refused() -> None:
    words = COMMON.read_text("utf-8").split()
    assert len(words) > 3_000
    for word in words:
        assert is_common(word)
        if word[0].isalpha() and word[-1].isalpha():
            assert all(
                is_common(tried) for tried in (word.title(), f"{word}1234", f"!{word}! 99")
            ), word
