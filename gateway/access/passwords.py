"""Passwords: hashing with Argon2id (RFC 9106) in a few threads, and rules of acceptance.

The cost is OWASP's (Password Storage Cheat Sheet): 19 MiB, two passes, one lane; about 30 ms of
one core.
"""

import asyncio
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.errors import Flaw, Overloaded, Unprocessable

T = TypeVar("T")

AT_ONCE = 2
"""The number of threads.

It bounds the memory and CPU time that strangers can make the gateway spend.
"""

WAITING = 64
"""The checks that may wait for a thread, about one second's worth; further ones are refused."""

SHORTEST, LONGEST = 12, 256
FEWEST_LETTERS = 5


COMMON = Path(__file__).with_name("common_passwords.txt")
"""A file of the most common passwords in lower case.

It has the first 3,000 and their stems, and all of 12 characters and more, from the counts of
leaked passwords that Django 5.2 and zxcvbn 4.5 publish.
"""

AROUND = string.digits + string.punctuation + " "
"""The characters that people put around a word to make it longer."""


HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobodys() -> str:
    """Return the hash that a password is checked against where a login has none or is unknown.

    It is computed when the first Passwords is made.
    """
    return HASHER.hash("the password of nobody")


class Passwords:
    """A hasher and checker of passwords; `close` ends its threads."""

    def __init__(self, waiting: int = WAITING) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._under_way, self._most = 0, AT_ONCE + waiting
        _nobodys()

    async def hash(self, password: str) -> str:
        """Return the hash of a password; raise Overloaded."""
        return await self._run(lambda: HASHER.hash(password))

    async def matches(self, kept: str | None, given: str) -> bool:
        """Return whether the password matches the hash `kept`; raise Overloaded.

        For None the same work is done, and the result is False.
        """
        matched = await self._run(lambda: self._verify(kept or _nobodys(), given))
        return matched and kept is not None

    def is_dated(self, kept: str) -> bool:
        """Return whether the hash was made with other cost parameters than today's."""
        return HASHER.check_needs_rehash(kept)

    def close(self) -> None:
        """End the threads once they are done."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, kept: str, given: str) -> bool:
        try:
            return HASHER.verify(kept, given)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= self._most:
            raise Overloaded("too many log-ins at once: try again in a moment")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text("utf-8").split())


def is_common(password: str) -> bool:
    """Return whether a guesser would try the password early.

    Such are common ones, those with digits or punctuation around them, and those that repeat a
    part.
    """
    word = password.casefold()
    core = word.strip(AROUND)
    if not core or word in _common() or core in _common():
        return True
    return any(
        core == (core[:part] * len(core))[: len(core)] for part in range(1, len(core) // 2 + 1)
    )


def check_password(password: str, *known: str) -> str:
    """Return the password; raise Unprocessable if it is not acceptable.

    The rules follow NIST SP 800-63B, 3.1.1.2. `known` are words an attacker would try first: the
    login, the name, the address.
    """
    why = None
    if not SHORTEST <= len(password) <= LONGEST:
        why = f"has {SHORTEST} to {LONGEST} characters; a few words make a good one"
    elif len(set(password)) < FEWEST_LETTERS:
        why = f"has at least {FEWEST_LETTERS} different characters"
    elif is_common(password):
        why = (
            "is not one of the most common ones, nor one of them with digits or signs around it, "
            "nor a part again and again"
        )
    elif any(
        word and word.casefold() in password.casefold() and len(password) < len(word) + 8
        for word in known
    ):
        why = "is not made of the login, the name or the address"
    if why is not None:
        raise Unprocessable(f"a password {why}", flaws=(Flaw("/new", why),))
    return password
