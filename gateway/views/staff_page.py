"""The page of one record for the person who is called about it, as texts. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.directory.roles import Role
from gateway.incidents import lifecycle
from gateway.incidents.declining import declined_by
from gateway.incidents.labels import LABELS, LOCALES, Locale, clock_label, label, state_label
from gateway.incidents.record import Incident
from gateway.incidents.releasing import Circumstances
from gateway.operations.actions.available_actions import AvailableAction
from gateway.operations.actions.refusal_words import ACTION_LABELS, refusal_text
from gateway.pages.staff_words import STORY_EVENTS, channel_label, staff_vocabulary
from gateway.pages.words import EVENTS, in_language
from gateway.sla.clocks import ClockReading, ClockState
from gateway.views.staff_page_values import (
    Pad,
    PageReader,
    ShownClock,
    ShownEvent,
    StaffPage,
    Surroundings,
)
from gateway.vocabulary import LIVE, Impact, Urgency

DESCRIPTION, SOLUTION, STORY_TEXT, STORY, LABEL_TEXT, MOST_LABELS, NAMED = (
    1_500,
    1_000,
    120,
    20,
    100,
    12,
    2,
)
"""The most characters, entries, labels and names that the page shows: it is small."""

WARN = 0.75
"""The share of a target from which its clock is shown as soon due."""

SHOWN_ACTIONS = ("accept", "resolve", "escalate", "note")
"""The actions whose refusal the page explains."""


@dataclass(frozen=True, slots=True)
class StaffPageWriter:
    """The writer of the page for one reader at one moment."""

    reader: PageReader
    now: datetime

    def page(
        self,
        incident: Incident,
        clocks: Sequence[ClockReading],
        actions: Sequence[AvailableAction],
        around: Circumstances,
        beside: Surroundings,
    ) -> StaffPage:
        """Return the page of the record."""
        reader = self.reader
        owner_name = beside.names.get(incident.handler, incident.handler)
        ours = incident.handler == reader.login != ""
        resolve = next(one for one in actions if one.name == "resolve")
        return StaffPage(
            number=incident.number,
            calling="" if incident.handler or incident.state not in LIVE else reader.name,
            priority=incident.priority,
            state=state_label(incident.state, incident.kind, reader.locale),
            title=incident.title,
            where=" · ".join(one for one in (incident.service, incident.ci) if one),
            clock=self.clock(clocks),
            since=self._since(incident),
            shelved=self._shelved(incident, beside),
            effect=self._effect(incident),
            owner=self._owner(incident, owner_name, around),
            owner_name=owner_name,
            phone="" if ours else beside.phones.get(incident.handler, ""),
            called=tuple(self._called(beside)),
            next=self.next_name(beside),
            as_of=self.moment(self.now),
            standing=self._standing(incident, owner_name, actions, around),
            pad=self.pad(incident, actions),
            fields_first=", ".join(resolve.fields_first),
            refused=tuple(self._refused(incident, actions)),
            links=tuple(_links(incident)),
            description=_cut(incident.description, DESCRIPTION),
            solution=_cut(incident.solution, SOLUTION),
            labels=tuple(_labels(incident)),
            story=tuple(self._story(beside)),
            earlier=beside.earlier or len(beside.story) > STORY,
        )

    def word(self, name: str, *values: object) -> str:
        """Return one of the words of the page, with the values put in."""
        return staff_vocabulary(self.reader.locale)[name].format(*values)

    def moment(self, at: datetime) -> str:
        """Return a time on the reader's clock, with the date unless it is today."""
        zone = ZoneInfo(self.reader.zone)
        local, today = at.astimezone(zone), self.now.astimezone(zone).date()
        return f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"

    def clock(self, clocks: Sequence[ClockReading]) -> ShownClock | None:
        """Return the unfinished clock with the least time left, None where none counts."""
        going = [
            one
            for one in clocks
            if one.state in (ClockState.RUNNING, ClockState.PAUSED) and one.remaining is not None
        ]
        if not going:
            return None
        one = min(going, key=lambda each: each.remaining or timedelta())
        left, target = one.remaining or timedelta(), one.target or timedelta()
        used = one.elapsed / target if target else 1.0
        paused = one.state is ClockState.PAUSED
        late = left < timedelta()
        mood = "hold" if paused else "danger" if late else "warn" if used >= WARN else "calm"
        word = "stopped" if paused else "late" if late else "left"
        due = "-" if one.due_at is None else self.moment(one.due_at)
        share = min(100, int(used * 100))
        return ShownClock(
            text=f"+{self.countdown(-left)}" if late else self.countdown(left),
            name=self.word(word, clock_label(one.name, self.reader.locale)),
            due=self.word("due", due, self.countdown(target)),
            label=self.word("share", share),
            mood=mood,
            share=share,
        )

    def countdown(self, length: timedelta) -> str:
        """Return a length as minutes and seconds, with hours above one hour, days above one day."""
        seconds = int(length.total_seconds())
        if seconds >= 86_400:
            return self.word("days", seconds // 86_400, seconds % 86_400 // 3_600)
        hours, minutes = seconds // 3_600, seconds % 3_600 // 60
        tail = f"{seconds % 60:02}"
        return f"{hours}:{minutes:02}:{tail}" if hours else f"{minutes}:{tail}"

    def pad(self, incident: Incident, actions: Sequence[AvailableAction]) -> Pad:
        """Return the forms that are offered: what is allowed and of use now."""
        me = self.reader.login
        if not me:
            return Pad()
        allowed = {one.body.get("to", one.name) for one in actions if one.allowed}
        mine, free = incident.handler == me, not incident.handler
        return Pad(
            take="accept" in allowed and lifecycle.is_acknowledgeable(incident),
            decline="decline" in allowed and free and me not in declined_by(incident),
            resolve="resolve" in allowed,
            tier3="tier3" in allowed,
            vendor="vendor" in allowed,
            note="note" in allowed,
            release="release" in allowed and mine,
        )

    def next_name(self, beside: Surroundings) -> str:
        """Return who is called next: the others of the group, else the desk."""
        if not beside.group:
            return self.word("service_desk")
        named = ", ".join(beside.group[:NAMED])
        more = len(beside.group) - NAMED
        return f"{named} {self.word('more', more)}" if more > 0 else named

    def _listed(self, *parts: str) -> str:
        """Return the parts that are not empty, separated as the language separates them."""
        return ("，" if self.reader.locale == "zh-CN" else ", ").join(one for one in parts if one)

    def _since(self, incident: Incident) -> str:
        passed = self.now - incident.occurred_at
        minutes = max(0, int(passed.total_seconds() // 60))
        length = (
            self.word("days", minutes // 1_440, minutes % 1_440 // 60)
            if minutes >= 1_440
            else self.word("hours", minutes // 60, minutes % 60)
            if minutes >= 60
            else self.word("minutes", minutes)
        )
        text = self.word("since_at", self.moment(incident.occurred_at), length)
        times = incident.occurrences + 1
        return self._listed(text, self.word("alerts", times) if times > 1 else "")

    def _shelved(self, incident: Incident, beside: Surroundings) -> str:
        """Return until when nobody is reminded of the record, who wished that and why."""
        if incident.shelved_until is None:
            return ""
        event, by = incident.shelved_event, incident.shelved_by
        return self._listed(
            self.word("shelved_until", self.moment(incident.shelved_until)),
            self.word("shelved_event", label(event, self.reader.locale)) if event else "",
            self.word("shelved_by", beside.names.get(by, by)),
            _cut(incident.shelved_reason, STORY_TEXT),
        )

    def _effect(self, incident: Incident) -> str:
        index = LOCALES.index(self.reader.locale)
        words = (LABELS[Impact][incident.impact], LABELS[Urgency][incident.urgency])
        return self._listed(*(one[index] for one in words))

    def _owner(self, incident: Incident, name: str, around: Circumstances) -> str:
        accepted = around.accepted
        if accepted is None or accepted.person != incident.handler:
            return name
        return self.word("has_since", name, self.moment(accepted.at)) if name else ""

    def _called(self, beside: Surroundings) -> Iterator[str]:
        for one in beside.calls:
            name = self.word("you") if one.login == self.reader.login != "" else one.name
            fate = self.word(one.state)
            channel = channel_label(one.channel, self.reader.locale)
            yield f"{self.moment(one.at)} {self._listed(name, channel, fate)}"

    def _standing(
        self,
        incident: Incident,
        owner: str,
        actions: Sequence[AvailableAction],
        around: Circumstances,
    ) -> str:
        """Return the sentence above the forms: who has it, or why nothing can be done."""
        accept = next(one for one in actions if one.name == "accept")
        if incident.state not in LIVE:
            state = state_label(incident.state, incident.kind, self.reader.locale)
            return self.word("over", state)
        if not self.reader.login:
            return self.word("look_only")
        if incident.handler == self.reader.login:
            return self.word("mine")
        if incident.handler:
            accepted = around.accepted
            if accepted is None or accepted.person != incident.handler:
                return self.word("taken_now", owner)
            return self.word("taken", owner, self.moment(accepted.at))
        refusal = accept.refusal
        return "" if refusal is None else refusal_text(refusal, incident, self.reader.locale)

    def _refused(
        self, incident: Incident, actions: Sequence[AvailableAction]
    ) -> Iterator[tuple[str, str]]:
        if not self.reader.login:
            return
        seen = set[str]()
        for one in actions:
            if one.name in SHOWN_ACTIONS and one.refusal is not None and one.name not in seen:
                seen.add(one.name)
                name = ACTION_LABELS[one.name][LOCALES.index(self.reader.locale)]
                yield name, refusal_text(one.refusal, incident, self.reader.locale)

    def _story(self, beside: Surroundings) -> Iterator[ShownEvent]:
        words = {**EVENTS, **STORY_EVENTS}
        for one in [entry for entry in beside.story if entry.event in words][-STORY:][::-1]:
            said = one.facts.get("note") or one.facts.get("text") or one.facts.get("reason") or ""
            yield ShownEvent(
                self.moment(one.at),
                in_language(words[one.event], self.reader.locale),
                beside.names.get(one.actor, one.actor),
                _cut(str(said), STORY_TEXT),
            )


def role_label(role: str, locale: Locale) -> str:
    """Return the words for a role of a recipient, or its name where there are none."""
    return label(Role(role), locale) if role in set(Role) else role.replace("_", " ")


def _links(incident: Incident) -> Iterator[tuple[str, str]]:
    """Yield the text and address of each web page that the record links to."""
    for one in incident.links[:5]:
        href = one.get("href", "")
        if href.startswith(("https://", "http://")):
            yield _cut(one.get("text") or href, LABEL_TEXT), href


def _labels(incident: Incident) -> Iterator[str]:
    for name, text in sorted(incident.labels.items())[:MOST_LABELS]:
        yield _cut(f"{name} = {text}", LABEL_TEXT)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
