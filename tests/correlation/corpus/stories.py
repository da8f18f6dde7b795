"""Half days at a service desk, generated from a seed.

They hold alerts and reports, each with the trouble it is truly of.

A story is half a day: one to three troubles at once on services that are neighbours, each with an
alert or without, and the reports of people about them. Between these are reports of other things:
requests, thanks, planned work, one person's own trouble, another symptom of the same service,
another site, the same words about a master of weeks ago, and reports too vague to place.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import ModuleType

from tests.correlation.corpus.world import ADDRESSES, PARTS, SERVICES
from tests.support.clock import NOON

NOTICED = {
    "down": ("down", "down", "down", "down", "login", "error", "slow"),
    "slow": ("slow", "slow", "slow", "slow", "error", "login"),
    "disk": ("error", "down", "slow", "error"),
    "certificate": ("certificate", "certificate", "down"),
    "delivery": ("delivery",),
    "network": ("network", "network", "down"),
    "login": ("login",),
    "print": ("print",),
}
"""The symptoms that people notice of each trouble."""

PRESENT = {
    "mail": ("delivery", "slow", "down"),
    "vpn": ("network", "down"),
    "printing": ("print",),
    "sso": ("login", "down"),
}
COMMON = ("down", "down", "slow", "disk", "certificate", "login")

TRAPS = ("data", "request", "over", "planned", "alone", "vague", "elsewhere", "old", "site")

TYPOS = (
    ("登录", "登陆"),
    ("无法", "无发"),
    ("慢", "漫"),
    ("访问", "方问"),
    ("恢复", "回复"),
    ("receiving", "recieving"),
    ("open", "opne"),
)
WORD = re.compile("[A-Za-z]{5,}")


@dataclass(frozen=True)
class Event:
    """An alert or a report.

    `trouble` is the trouble it is truly of: one of its own where it belongs to nothing else.
    """

    at: datetime
    trouble: str
    title: str
    text: str = ""
    service: str = ""
    ci: str = ""
    site: str = ""
    alert: bool = False
    trap: str = ""


@dataclass
class Story:
    """The events of half a day, in order."""

    events: list[Event] = field(default_factory=list)


@dataclass
class Teller:
    """A generator of stories from a seed, in the words of `phrases`."""

    seed: int
    words: ModuleType

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._own = 0

    def stories(self, reports: int) -> Iterator[Story]:
        """Yield stories until they hold this many reports."""
        told = 0
        while told < reports:
            story = self._story()
            told += sum(not event.alert for event in story.events)
            yield story

    def _story(self) -> Story:
        chosen = self._random.sample(sorted(SERVICES), self._random.choice((1, 2, 2, 3)))
        story = Story()
        for service in chosen:
            story.events += self._trouble(service)
        free = [
            one
            for one in sorted(SERVICES)
            if one not in chosen and not any(_near(one, other) for other in chosen)
        ]
        self._random.shuffle(free)
        for trap in self._random.sample(TRAPS, self._random.randint(2, 5)):
            story.events += self._trap(trap, self._random.choice(chosen), free)
        story.events.sort(key=lambda event: (event.at, event.title))
        return story

    def _at(self, most: int, least: int = 0) -> datetime:
        return NOON + timedelta(minutes=self._random.uniform(least, most))

    def _trouble(self, service: str) -> Iterator[Event]:
        kind = self._random.choice(PRESENT.get(service, COMMON))
        begun, name = self._random.uniform(0, 20), self._name()
        affected = [service]
        if self._random.random() < 0.7:
            ci = self._random.choice(self._causes(service, kind))
            affected = [
                service,
                *(
                    one
                    for one in SERVICES
                    if one != service and ci in ("san-1", "sso-1") and ci in _up(one)
                ),
            ]
            title = self._random.choice(self.words.ALERTS[kind]).format(ci=ci)
            of = next(owner for owner, items in PARTS.items() if ci in items)
            yield Event(NOON + timedelta(minutes=begun), name, title, service=of, ci=ci, alert=True)
        for _ in range(self._random.randint(3, 7)):
            noticed = self._random.choice(NOTICED[kind])
            at = NOON + timedelta(minutes=begun + 1 + min(170.0, self._random.expovariate(1 / 30)))
            yield self._report(at, name, noticed, self._random.choice(affected))

    def _causes(self, service: str, kind: str) -> list[str]:
        own = sorted(PARTS[service])
        if kind == "login" and "sso-1" in _up(service):
            return ["sso-1"]
        if kind in ("slow", "disk", "down"):
            return sorted({*own, *(_up(service) - {"sso-1"})})
        return own

    def _trap(self, trap: str, service: str, free: list[str]) -> Iterator[Event]:
        at, own = self._at(150, 5), self._name()
        if trap == "vague":
            language = self._random.choice(("en", "zh"))
            yield Event(at, own, self._random.choice(self.words.VAGUE[language]), trap=trap)
        elif trap == "elsewhere":
            other = free.pop()
            yield self._report(
                at, own, self._random.choice(NOTICED[PRESENT.get(other, COMMON)[0]]), other, trap
            )
        elif trap == "old":
            other = free.pop()
            long_ago = self._report(
                NOON - timedelta(days=self._random.randint(8, 40)),
                self._name(),
                "down",
                other,
                trap,
            )
            yield long_ago
            yield Event(at, own, long_ago.title, long_ago.text, trap=trap)
        elif trap == "site" and "vpn" in free:
            free.remove("vpn")
            yield Event(
                NOON + timedelta(minutes=1),
                self._name(),
                "vpn-gw1 is down",
                service="vpn",
                ci="vpn-gw1",
                alert=True,
            )
            site = {"en": "VPN in Shanghai is down", "zh": "shanghai这边VPN连不上"}[
                self._random.choice(("en", "zh"))
            ]
            yield Event(at, own, site, trap=trap)
        elif trap != "site":
            yield self._report(at, own, trap, service, trap)

    def _name(self) -> str:
        self._own += 1
        return f"{self.seed}-{self._own}"

    def _report(
        self, at: datetime, trouble: str, noticed: str, service: str, trap: str = ""
    ) -> Event:
        language = self._random.choice(("en", "zh"))
        names = [name for name in SERVICES[service] if name.isascii() or language == "zh"]
        name = self._random.choice(names)
        sentence = self._typed(
            self._random.choice(self.words.PHRASES[noticed][language]).format(s=name)
        )
        if self._random.random() < 0.3:
            chosen = service if self._random.random() < 0.5 else ""
            return Event(at, trouble, sentence, service=chosen, trap=trap)
        subject = self._random.choice(self.words.SUBJECTS[language]).format(s=name)
        if self._random.random() < 0.4:
            subject = sentence
        opening = self._random.choice(self.words.OPENINGS[language])
        text = f"{opening}{sentence}{self._random.choice(self.words.ENDINGS[language])}"
        if self._random.random() < 0.12:
            other = self._random.choice(sorted(set(SERVICES) - {service}))
            text += self.words.QUOTES[language].format(s=SERVICES[other][0])
        elif service in ("crm", "erp", "wms") and self._random.random() < 0.1:
            item = {"crm": "crm-web1", "erp": "erp-web1", "wms": "wms-1"}[service]
            text += f"\n{ADDRESSES[item]}"
        return Event(at, trouble, subject, text, trap=trap)

    def _typed(self, sentence: str) -> str:
        if self._random.random() < 0.12:
            wrong = [pair for pair in TYPOS if pair[0] in sentence]
            if wrong:
                return sentence.replace(*self._random.choice(wrong), 1)
            if words := list(WORD.finditer(sentence)):
                word = self._random.choice(words)
                at = self._random.randrange(word.start() + 1, word.end() - 1)
                return sentence[:at] + sentence[at + 1] + sentence[at] + sentence[at + 2 :]
        return sentence


def _near(one: str, other: str) -> bool:
    """Return whether one trouble may be noticed at both services."""
    return bool({*_up(one), *PARTS[one]} & {*_up(other), *PARTS[other]})


def _up(service: str) -> set[str]:
    edges = {item: upstream for items in PARTS.values() for item, upstream in items.items()}
    reached: set[str] = set()
    ahead = list(PARTS[service])
    while ahead:
        for upstream in edges[ahead.pop()]:
            if upstream not in reached:
                reached.add(upstream)
                ahead.append(upstream)
    return reached
