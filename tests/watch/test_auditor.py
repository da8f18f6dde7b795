"""The auditor pings while all is well, and tells each target once of a trouble and of its end."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from gateway.settings.recipients import RecipientAddress
from gateway.vocabulary import SelfCheck
from gateway.watch.auditor import Auditor
from gateway.watch.board import CHECKS, OWED, PING, ROUND, Board
from gateway.watch.checks import OF_PROCESS, DatabaseFigures, Observation
from gateway.watch.words import WatchMessage
from tests.support.clock import NOON, FakeClock
from tests.watch.settings import watch_settings

READY = dict.fromkeys(map(str, OF_PROCESS), True)
WELL = Observation(READY, 1, DatabaseFigures(NOON))
AWAY = Observation(READY, 1, None, "no answer in time")
HOOK, MAIL = "webhook:https://hook.example/x", "ops@example.com"


@dataclass
class World:
    """A gateway, its targets and the outside address, as the auditor meets them."""

    seen: Observation = WELL
    refusing: set[str] = field(default_factory=set)
    sent: list[tuple[str, UUID, WatchMessage]] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    accepts_pings: bool = True
    breaks: bool = False
    clock: FakeClock = field(default_factory=FakeClock)
    board: Board = field(default_factory=Board)

    def auditor(self, **more: object) -> Auditor:
        settings = watch_settings(
            **{"fallback": (HOOK, MAIL), "ping_url": "https://ping.example/x", **more}
        )
        return Auditor(
            settings, "en", self.board, self.clock, self.observe, self.send, self.ping, host="gw1"
        )

    async def observe(self) -> Observation:
        if self.breaks:
            raise ValueError("nobody foresaw this")
        return self.seen

    async def send(self, target: RecipientAddress, identity: UUID, message: WatchMessage) -> bool:
        self.sent.append((target.channel, identity, message))
        return target.channel not in self.refusing

    async def ping(self, failing: str) -> bool:
        self.pings.append(failing)
        return self.accepts_pings

    async def rounds(self, auditor: Auditor, seconds: float) -> None:
        for _ in range(int(seconds / 15)):
            await auditor.round()
            self.clock.advance(timedelta(seconds=15))

    def subjects(self, channel: str) -> list[str]:
        return [message.subject for to, _, message in self.sent if to == channel]


async def test_each_target_is_told_once_of_a_trouble_and_once_of_its_end() -> None:
    world = World()
    auditor = world.auditor()
    await world.rounds(auditor, 60)
    world.seen = AWAY
    await world.rounds(auditor, 600)
    world.seen = WELL
    await world.rounds(auditor, 600)
    for channel in ("webhook", "smtp"):
        assert world.subjects(channel) == [
            "[gw1] trouble: PostgreSQL cannot be written to",
            "[gw1] over: PostgreSQL cannot be written to",
        ]
    assert "Last known of the database (2026-03-02 12:00:00 UTC)" in world.sent[0][2].text


async def test_message_that_was_not_accepted_is_sent_again_with_its_id_to_that_target() -> None:
    world = World(seen=AWAY, refusing={"webhook"})
    auditor = world.auditor(after=timedelta())
    await world.rounds(auditor, 45)
    assert (len(world.subjects("webhook")), len(world.subjects("smtp"))) == (3, 1)
    assert len({identity for to, identity, _ in world.sent if to == "webhook"}) == 1
    assert world.board.read(OWED) == 1
    world.refusing.clear()
    await world.rounds(auditor, 45)
    assert (len(world.subjects("webhook")), world.board.read(OWED)) == (4, 0)


async def test_outside_address_is_pinged_once_a_minute_and_hears_what_fails() -> None:
    world = World()
    auditor = world.auditor()
    await world.rounds(auditor, 180)
    assert world.pings == ["", "", ""]
    pinged = world.board.read(PING)
    assert pinged == (NOON + timedelta(seconds=120)).timestamp()
    world.seen = AWAY
    await world.rounds(auditor, 60)
    assert world.pings[3:] == ["database"]
    assert world.board.read(PING) == pinged


async def test_ping_that_was_not_accepted_is_sent_again_in_the_next_round() -> None:
    world = World(accepts_pings=False)
    await world.rounds(world.auditor(), 45)
    assert (len(world.pings), world.board.read(PING)) == (3, 0.0)


async def test_nobody_is_pinged_without_an_address() -> None:
    world = World()
    await world.rounds(world.auditor(ping_url=""), 120)
    assert world.pings == []


async def test_board_shows_the_checks_that_fail_and_the_last_round() -> None:
    world = World(seen=AWAY)
    await world.rounds(world.auditor(), 15)
    shown = {check for check, place in CHECKS.items() if world.board.read(place)}
    assert shown == {SelfCheck.DATABASE}
    assert world.board.read(ROUND) == NOON.timestamp()


async def test_round_that_fails_does_not_end_the_watch() -> None:
    world = World(breaks=True)

    class Enough(Exception):
        """The end of the test."""

    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        world.breaks = False
        if len(slept) == 2:
            raise Enough

    world.clock.sleep = sleep  # type: ignore[method-assign]
    with suppress(Enough):
        await world.auditor().run()
    assert (slept, world.pings) == ([15.0, 15.0], [""])
