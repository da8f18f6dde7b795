"""A player of scripted days: runs a list of events and reports the results as plain text."""

import shlex
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tests.support.clock import NOON
from tests.support.story import Story

Move = tuple[float, str, str, str, dict[str, Any]]

ALERTS = {"fires": "firing", "clears": "resolved", "acks": "acknowledged"}
FACTS = (
    "clock", "share", "master", "reason", "person", "group", "vendor", "to", "resolution",
    "closure", "satisfaction", "outcome", "from", "of", "name", "note",
)  # fmt: skip
"""The facts of a timeline entry that are reported, if it has them."""

TOLD = """
SELECT o.created_at, o.template, o.state, array_agg(DISTINCT o.role ORDER BY o.role) AS roles
FROM outbox o JOIN incident i ON i.id = o.incident_id WHERE i.number = $1 GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
"""
UNSENT = "SELECT count(*) FROM outbox WHERE state = 'pending'"


def read_moves(script: str, minute: Callable[[str], float] = float) -> Iterator[Move]:
    """Yield every line of a script as minute, person, action, record and facts."""
    for line in script.strip().splitlines():
        at, who, what, *rest = shlex.split(line)
        facts = dict(word.split("=", 1) for word in rest[1:])
        about = rest[0] if rest else ""
        yield minute(at), who, what, about, {name: _value(word) for name, word in facts.items()}


def _value(word: str) -> Any:
    try:
        return msgspec.json.decode(word)
    except msgspec.DecodeError:
        return word


class Day:
    """The story of a day; records are known by the names that the script gives them."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.numbers: dict[str, str] = {}
        self.links: dict[str, str] = {}

    async def play(self, moves: Iterable[Move]) -> None:
        """Play every event in order, each at its minute."""
        for move in moves:
            await self.story.until(move[0])
            try:
                await self._move(*move[1:])
            except AssertionError as error:
                error.add_note(f"in the line {move}")
                raise

    async def _move(self, who: str, what: str, name: str, facts: dict[str, Any]) -> None:
        special = getattr(self, f"_{what.replace('-', '_')}", None)
        if what in ALERTS:
            await self._alert(ALERTS[what], name, facts)
        elif special is not None:
            await special(who, name, facts)
        else:
            await self.story.act(self.numbers[name], what, who, **self._named(facts))

    def _named(self, facts: dict[str, Any]) -> dict[str, Any]:
        return facts | ({"master": self.numbers[facts["master"]]} if "master" in facts else {})

    async def _alert(self, status: str, name: str, facts: dict[str, Any]) -> None:
        known = facts.pop("as", name)
        result = await self.story.alert(name, status, **facts)
        if result["incident"] and result["outcome"] in ("opened", "related"):
            self.numbers[known] = result["incident"]

    async def _reports(self, who: str, name: str, facts: dict[str, Any]) -> None:
        self.numbers[name] = await self.story.report(name, who, **facts)

    async def _changes(self, who: str, name: str, facts: dict[str, Any]) -> None:
        await self.story.call("PATCH", f"incidents/{self.numbers[name]}", facts, who)

    async def _converts(self, who: str, name: str, facts: dict[str, Any]) -> None:
        await self.story.call("POST", f"incidents/{self.numbers[name]}/convert", facts, who)

    async def _follow_on(self, who: str, name: str, facts: dict[str, Any]) -> None:
        known = facts.pop("as")
        made = await self.story.call(
            "POST", f"incidents/{self.numbers[name]}/follow_on", facts, who
        )
        self.numbers[known] = made["number"]

    async def _many(self, who: str, names: str, facts: dict[str, Any]) -> None:
        action, numbers = facts.pop("action"), [self.numbers[name] for name in names.split(",")]
        done = await self.story.call(
            "POST", "incidents/bulk", {"numbers": numbers, "action": action, "body": facts}, who
        )
        assert all("version" in one for one in done["results"]), done

    async def _lapses(self, _: str, name: str, facts: dict[str, Any]) -> None:
        ends = NOON + timedelta(minutes=facts["ends"])
        alert = {
            "labels": {"alertname": name, "severity": "warning"},
            "endsAt": ends.isoformat(),
            "startsAt": NOON.isoformat(),
        }
        answer = await self.story.client.post(
            "/api/v2/alerts", json=[alert], headers=self.story.as_key("ingest")
        )
        assert answer.status == 200, await answer.text()
        await self._find(name)

    async def _promoted(self, _: str, name: str, __: dict[str, Any]) -> None:
        await self.story.promote()
        await self._find(name)

    async def _releases(self, *_: Any) -> None:
        await self.story.release()

    async def _find(self, title: str) -> None:
        self.numbers[title] = await self.story.gateway.pool.fetchval(
            "SELECT number FROM incident WHERE title = $1", title
        )

    async def _invites(self, who: str, name: str, _: dict[str, Any]) -> None:
        self.links[name] = (
            await self.story.call("POST", f"incidents/{self.numbers[name]}/invite", key=who)
        )["path"]

    async def _by_link(self, _: str, name: str, facts: dict[str, Any]) -> None:
        answer = await self.story.client.post(
            f"{self.links[name]}/{facts.pop('action')}", json=facts
        )
        assert answer.status < 300, await answer.text()

    async def _attaches(self, who: str, name: str, facts: dict[str, Any]) -> None:
        path = f"/api/v1/incidents/{self.numbers[name]}/attachments?name={facts['name']}"
        answer = await self.story.client.post(
            path, data=facts["text"].encode(), headers=self.story.as_key(who)
        )
        assert answer.status == 201, await answer.text()

    async def _writes(self, who: str, name: str, facts: dict[str, Any]) -> None:
        await self.story.call("PUT", f"incidents/{self.numbers[name]}/report", facts, who)

    async def _approves(self, who: str, name: str, _: dict[str, Any]) -> None:
        await self.story.call("POST", f"incidents/{self.numbers[name]}/report/approve", key=who)

    async def _hands_over(self, *_: Any) -> None:
        (self.listed,) = await self.story.hand_over()

    async def _takes_over(self, who: str, *_: Any) -> None:
        await self.story.call("POST", f"handovers/{self.listed['id']}/accept", key=who)

    async def told(self) -> str:
        """Return a report by record: timeline, clocks, notifications and links."""
        names = {number: name for name, number in self.numbers.items()}
        return (
            "\n".join([line for name in self.numbers for line in await self._record(name, names)])
            + "\n"
        )

    async def sent(self) -> bool:
        """Return whether no notification is pending."""
        return bool(await self.story.gateway.pool.fetchval(UNSENT) == 0)

    async def _record(self, name: str, names: dict[str, str]) -> list[str]:
        record = await self.story.record(self.numbers[name])
        entries = (
            await self.story.call("GET", f"incidents/{self.numbers[name]}/timeline?limit=200")
        )["entries"]
        return [
            f"{name}: {_summary(record)}",
            *(
                f"  {_at(entry['at'])} {_entry(entry, names)}"
                for entry in entries
                if entry["event"] != "management_told"
            ),
            *(f"  {line}" for line in _clocks(record)),
            *(await self._heard(name)),
            *(f"  links: {line}" for line in [_links(record, names)] if line),
        ]

    async def _heard(self, name: str) -> list[str]:
        rows = await self.story.gateway.pool.fetch(TOLD, self.numbers[name])
        return [
            f"  {_at(at)} {template} {state} to {', '.join(roles)}"
            for at, template, state, roles in rows
        ]


def _at(told: str | datetime) -> str:
    at = msgspec.convert(told, datetime)
    days = (at.date() - NOON.date()).days
    return (f"+{days}d " if days else "") + at.strftime("%H:%M" if at.second == 0 else "%H:%M:%S")


def _summary(record: dict[str, Any]) -> str:
    who = ", ".join(f"{word} {record[field]}" for field, word in WHO.items() if record[field])
    ended = " ".join(str(record[field]) for field in ("resolution", "closure") if record[field])
    marks = " ".join(mark for mark in ("major", "security") if record[mark])
    counts = ", ".join(
        f"{field} {record[field]}" for field, least in COUNTED.items() if record[field] > least
    )
    said = (f"{record['kind']} P{record['priority']} {record['state']}", ended, marks, who, counts)
    return "; ".join(part for part in said if part)


COUNTED = {"occurrences": 1, "reopened": 0, "returned": 0}
WHO = {
    "owner": "owner",
    "assignee_group": "group",
    "assignee": "assignee",
    "handler": "handler",
    "third_party": "vendor",
}


def _entry(entry: dict[str, Any], names: dict[str, str]) -> str:
    facts = entry["facts"]
    said = " ".join(
        _plain(facts[fact], names) for fact in FACTS if facts.get(fact) not in (None, "", [], {})
    )
    changes = " ".join(f"{c['field']} {c['old']}>{c['new']}" for c in facts.get("changes", []))
    return " ".join(
        part for part in (entry["event"], said, changes, f"by {entry['actor']}") if part
    )


def _plain(value: Any, names: dict[str, str]) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    for number, name in names.items():
        text = text.replace(number, name)
    return text


def _clocks(record: dict[str, Any]) -> Iterator[str]:
    for clock in record["sla"]["clocks"]:
        if clock["target_s"] and clock["segments"]:
            over = f", breached {_at(clock['breached_at'])}" if clock["breached_at"] else ""
            yield (
                f"{clock['name']} {clock['elapsed_s'] / 60:g} of {clock['target_s'] / 60:g} min, "
                f"{clock['state']}{over}"
            )
    for stay in record["sla"]["vendors"]:
        yield f"vendor {stay['vendor']} {stay['elapsed_s'] / 60:g} min"


def _links(record: dict[str, Any], names: dict[str, str]) -> str:
    around = [f"{field} {names[record[field]]}" for field in ("master", "follows") if record[field]]
    around += [f"{one['kind']} {one['reference']} of {one['system']}" for one in record["linked"]]
    return ", ".join(
        around
        + ([f"refs {msgspec.json.encode(record['refs']).decode()}"] if record["refs"] else [])
    )
