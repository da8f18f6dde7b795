"""A player of scripted weeks: runs events by a table, and lists every message that arrives."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import asyncpg

from gateway.errors import Unavailable
from gateway.notify.texts.templates import OCCASIONS
from gateway.operations.rounds.undelivered import note_undelivered
from gateway.sla.timers.timer_store import TimerId
from gateway.vocabulary import TimerKind
from tests.support.clock import NOON
from tests.support.day import Day, Move, read_moves
from tests.support.story import DUE, Story

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon+")
MIDNIGHT = NOON.replace(hour=0)
SUBJECT = re.compile(r"(?:\[([^]]+)\] P\d )?(.+?)(?:(?:: |：)(.*))?")
TEMPLATES = {words: str(slug) for slug, both in OCCASIONS.items() for words in both}

NEXT = """
SELECT least(
  (SELECT min(due_at) FROM timer WHERE armed AND due_at <= $1),
  (SELECT min(next_attempt_at) FROM outbox WHERE state = 'pending' AND next_attempt_at <= $1))
"""
DISCONNECT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that arrived, or one that is expected between two moments."""

    since: datetime
    until: datetime
    words: tuple[str, ...]
    """Who, by which channel, the occasion, and what it is about."""

    def __str__(self) -> str:
        """Return the message as a line of the table."""
        return " ".join((_shown(self.since), *self.words))

    def named(self, names: Mapping[str, str]) -> "Heard":
        """Return the message with the names of the records instead of their numbers."""
        words = re.sub(r"INC-[0-9-]+", lambda found: names[found[0]], self.words[3]).split()
        return replace(self, words=(*self.words[:3], " ".join(sorted(words))))

    def fits(self, arrived: "Heard") -> bool:
        """Return whether this expected message is the one that arrived."""
        return self.words == arrived.words and self.since <= arrived.since <= self.until


def moment(text: str) -> datetime:
    """Return the moment of a text such as Tue-08:00."""
    day, _, time = text.rpartition("-")
    hours, minutes = time.split(":")
    return MIDNIGHT + timedelta(DAYS.index(day), hours=int(hours), minutes=int(minutes))


def minute(text: str) -> float:
    """Return the minute of the story of a text such as Tue-08:00."""
    return (moment(text) - NOON) / timedelta(minutes=1)


def read_week(script: str) -> Iterator[Move]:
    """Yield the moves of a script whose lines begin with a day and a time."""
    return read_moves(re.sub(r"^(\S+) ", r"\1-", script, flags=re.MULTILINE), minute)


def _shown(at: datetime) -> str:
    return f"{DAYS[(at - MIDNIGHT).days]} {at:%H:%M}"


def read_messages(table: str) -> Iterator[Heard]:
    """Yield the messages of a table; lines that begin with # are remarks."""
    for line in table.strip().splitlines():
        if line.startswith("#"):
            continue
        day, time, *words = line.split()
        since, _, until = time.partition("-")
        yield Heard(
            moment(f"{day}-{since}"),
            moment(f"{day}-{until or since}"),
            (*words[:3], " ".join(words[3:])),
        )


def differences(expected: Iterable[Heard], arrived: Iterable[Heard]) -> list[str]:
    """Return what is missing and what is too many, as lines of the table."""
    left, lines = list(arrived), list[str]()
    for one in expected:
        found = next((other for other in left if one.fits(other)), None)
        if found is None:
            lines.append(f"missing: {one}")
        else:
            left.remove(found)
    return [*lines, *(f"too many: {other}" for other in left)]


class Week(Day):
    """The story of a week, of which every message is kept when it arrives.

    `restart` crashes PostgreSQL and returns when it answers again; `phones` are the logins by
    telephone number. While it is `down`, these `seconds` are still to pass.
    """

    def __init__(
        self, story: Story, restart: Callable[[], Awaitable[object]], phones: dict[str, str]
    ) -> None:
        super().__init__(story)
        self.heard: list[Heard] = []
        self.mails: dict[tuple[str, str], EmailMessage] = {}
        self.slow = False
        self._next_text = asyncio.Event()
        self._restart, self._phones = restart, phones
        self._swap = ""
        self._restarting: asyncio.Task[None] | None = None
        self.down = False
        self.seconds = 0

    async def play(self, moves: Iterable[Move]) -> None:
        """Play every event at its minute, and after it what follows at once."""
        for move in moves:
            await self.until(move[0])
            try:
                await self._move(*move[1:])
                await self.settle()
            except AssertionError as error:
                error.add_note(f"in the line {move}")
                raise

    async def until(self, at: float) -> None:
        """Let time pass: each timer and each message has its turn at its moment.

        The periodic jobs of the gateway have theirs before each event.
        """
        goal, pool, clock = NOON + timedelta(minutes=at), self.story.gateway.pool, self.story.clock
        while (due := await pool.fetchval(NEXT, goal)) is not None:
            clock.at = max(clock.at, due)
            await self.settle()
        clock.at = goal
        clock.advance(timedelta())

    async def settle(self) -> None:
        """Do all that is due at this moment, and keep the messages that arrive.

        In an outage seconds pass meanwhile, so that everything tries again.
        """
        async with asyncio.timeout(40):
            while await self._works():
                self._collect()
                if self.seconds:
                    self.story.clock.advance(timedelta(seconds=1))
                    self.seconds -= 1
            if self._restarting is not None:
                await self._restarting
        self._collect()
        self.down, self.seconds = False, 0

    def _collect(self) -> None:
        """Keep the mails that have arrived."""
        while not self.story.mailbox.arrived.empty():
            mail = self.story.mailbox.arrived.get_nowait()
            who = mail["to"].partition("@")[0]
            self._keep(who, "mail", *_read_mail(mail))
            self.mails[who, self.heard[-1].words[-1]] = mail

    async def _works(self) -> bool:
        """Do what is due, and return whether there is more to do or to wait for."""
        gateway = self.story.gateway
        try:
            return bool(
                await self.story.sends()
                or await self._fire()
                or await note_undelivered(gateway.uow)
            )
        except (Unavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if not self.down:
                raise
            return True

    async def _fire(self) -> bool:
        """Fire the timers that are due, and return whether there were any."""
        rows = await self.story.gateway.pool.fetch(DUE, self.story.clock.at)
        due = [TimerId(row["incident_id"], TimerKind(row["kind"])) for row in rows]
        if due:
            await self.story.gateway.timers._firing.batch(due, {})
        return bool(due)

    def messages(self) -> list[Heard]:
        """Return the messages that arrived, with the names of the records."""
        names = {number: name for name, number in self.numbers.items()}
        return [one.named(names) for one in self.heard]

    def _keep(self, who: str, channel: str, occasion: str, about: str) -> None:
        at = self.story.clock.at.replace(second=0, microsecond=0)
        self.heard.append(Heard(at, at, (who, channel, occasion, about)))

    async def take_text(self, number: str, text: str) -> None:
        """Take a text message; while the vendor is slow, answer when the next one has come."""
        late, self.slow = self.slow, False
        occasion, about = _read_subject(text.splitlines()[0])
        self._keep(self._phones[number], "late" if late else "sms", occasion, about)
        self._next_text.set()
        if late:
            self.story.gateway.notifier.send_timeout_s = self._patience
            self._next_text.clear()
            await self._next_text.wait()

    async def _sms_slow(self, *_: Any) -> None:
        notifier = self.story.gateway.notifier
        self._patience, notifier.send_timeout_s = notifier.send_timeout_s, 0.5
        self.slow = True

    async def _mail_stops(self, *_: Any) -> None:
        self.story.mailbox.stop()

    async def _mail_starts(self, *_: Any) -> None:
        await self.story.mailbox.start()

    async def _crashes(self, _: str, address: str, __: dict[str, Any]) -> None:
        """Crash PostgreSQL when the next mail to an address is handed over."""
        self.story.mailbox.before_taking[address] = self._crash

    async def _crash(self) -> None:
        """Crash PostgreSQL before what follows the mail is written, and let ten seconds pass."""
        self.down, self.seconds = True, 10
        self._restarting = asyncio.create_task(self._restarted())

    async def _restarted(self) -> None:
        await self._restart()
        self.seconds += 5

    async def _disconnects(self, *_: Any) -> None:
        self.down, self.seconds = True, 5
        await self.story.gateway.pool.execute(DISCONNECT)

    async def _overrides(self, who: str, slug: str, facts: dict[str, Any]) -> None:
        body = {"people": [facts["on"]], "replaces": facts["replaces"], **_span(facts["time"])}
        await self.story.call("POST", f"schedules/{slug}/overrides", body, who)

    async def _proposes(self, who: str, slug: str, facts: dict[str, Any]) -> None:
        body = {"asked": facts["asked"]} | {name: _span(facts[name]) for name in ("gives", "takes")}
        made = await self.story.call("POST", f"schedules/{slug}/swaps", body, who)
        self._swap = made["id"]

    async def _swaps(self, who: str, slug: str, _: dict[str, Any]) -> None:
        await self.story.call("POST", f"schedules/{slug}/swaps/{self._swap}/accept", key=who)

    async def _away(self, who: str, login: str, facts: dict[str, Any]) -> None:
        body = _span(facts["time"]) | {"reason": "sick"}
        await self.story.call("POST", f"people/{login}/absences", body, who)

    async def _shelves(self, who: str, name: str, facts: dict[str, Any]) -> None:
        until = moment(facts["until"]).isoformat()
        await self.story.act(self.numbers[name], "shelve", who, until=until, reason="a spare part")


def _span(text: str) -> dict[str, str]:
    """Return the time of a text such as Tue-18:00/12h."""
    since, hours = text.removesuffix("h").split("/")
    until = moment(since) + timedelta(hours=int(hours))
    return {"from": moment(since).isoformat(), "to": until.isoformat()}


def _read_mail(mail: EmailMessage) -> tuple[str, str]:
    """Return the occasion of a mail and what it is about; of a bundle, what it lists by record."""
    lines = re.findall(r"^\[INC-[^]\n]+\] P\d .+", mail.get_content(), re.MULTILINE)
    if "INC-" in mail["subject"] or not lines:
        return _read_subject(mail["subject"])
    listed: dict[str, list[str]] = {}
    for slug, number in map(_read_subject, lines):
        listed.setdefault(number, []).append(slug)
    return "bundle", " ".join(f"{one}:{','.join(sorted(slugs))}" for one, slugs in listed.items())


def _read_subject(text: str) -> tuple[str, str]:
    """Return the occasion of a subject, which may be cut, and the number or else the title."""
    found = SUBJECT.fullmatch(text.strip())
    assert found is not None, text
    number, words, title = found.groups()
    said = words.rstrip("….")
    (slug,) = (
        slug
        for whole, slug in TEMPLATES.items()
        if whole == words or (said != words and whole.startswith(said))
    )
    return slug, number or title
