"""Addressing of announcements: messages to people, and an entry of the timeline. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.directory.person import EMAIL, Reachable
from gateway.incidents.announcement import Announcement, CallChoice, Recipient
from gateway.incidents.announcements.call_turns import CallTurns
from gateway.incidents.record import Notice
from gateway.incidents.visibility import has_security_role
from gateway.settings import notify
from gateway.settings.recipients import parse_recipient

DESK = "service_desk"

GROUP = "group:"
"""The prefix of an address that means a group; the group's slug follows."""

SCHEDULE = "schedule:"
"""The prefix of an address that means who is on call; the slug of a schedule follows."""

PERSON = "person:"
"""The prefix of a person's address; a login follows."""

BY_LOGIN = frozenset({"person", *notify.BY_LOGIN})
"""The channels whose addresses are logins."""

TimelineFact = tuple[str, Mapping[str, Any]]
"""An entry of the timeline: slug and facts."""


@dataclass(frozen=True, slots=True)
class RecipientDirectory:
    """The people that announcements may be for, and the turn of those who are called one by one.

    `on_call` are the logins of those on call now, by the slug of the schedule, `declined` those
    of people who cannot take the incident.
    """

    people: Sequence[Reachable] = ()
    on_call: Mapping[str, Sequence[str]] = field(default_factory=dict)
    turns: CallTurns = field(default_factory=CallTurns)
    declined: frozenset[str] = frozenset()

    def without(self, declined: frozenset[str]) -> "RecipientDirectory":
        """Return the directory in which these logins are passed over where others are left."""
        return replace(self, declined=declined)

    def willing(self, people: Sequence[Reachable]) -> Sequence[Reachable]:
        """Return the people who have not declined."""
        return [one for one in people if one.login not in self.declined]

    def with_role(self, role: str) -> list[Reachable]:
        """Return everybody with the role; of the service desk only those on shift, if any are."""
        found = [one for one in self.people if role in one.roles]
        serving = [one for one in found if one.at_desk] if role == DESK else []
        return serving or found

    def in_group(self, slug: str) -> list[Reachable]:
        """Return the people of the group who are on shift, or all of them if none are."""
        serving = [one for one in self.people if slug in one.shifts]
        return serving or [one for one in self.people if slug in one.groups]

    def on_call_in(self, slug: str) -> list[Reachable]:
        """Return the people on call in the schedule, in its order."""
        logins = self.on_call.get(slug, ())
        by_login = {one.login: one for one in self.people}
        return [by_login[login] for login in logins if login in by_login]

    def named(self, name: str) -> Reachable | None:
        """Return the person with this login, e-mail address or telephone number, or None."""
        asked = name.lower()
        by_login = (one for one in self.people if one.login == name)
        by_address = (one for one in self.people if asked in (one.email.lower(), one.phone))
        return next(by_login, None) or next(by_address, None)

    def called(self, target: str) -> Reachable | None:
        """Return the person whose login an address contains; None for other addresses."""
        channel, _, login = target.partition(":")
        return (
            next((one for one in self.people if one.login == login), None)
            if channel in BY_LOGIN
            else None
        )


@dataclass(slots=True)
class AddressedMessages:
    """The messages of an announcement found so far, and the roles without one.

    `unreachable` are roles without an address, `withheld` own people who may not see the
    security incident, `instead` the roles that are notified in place of either. `off_call` are the
    slugs of schedules in which nobody who can be reached is on call.
    """

    notices: dict[str, Notice] = field(default_factory=dict)
    unreachable: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    instead: list[str] = field(default_factory=list)
    off_call: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RecipientAddresses:
    """The addresses of a recipient, each with whether it may see a security incident.

    `done` is true if no message is needed. `off_call` are the slugs of schedules that were asked
    in vain.
    """

    targets: tuple[tuple[str, bool], ...] = ()
    done: bool = False
    off_call: tuple[str, ...] = ()


def address_announcement(
    announcement: Announcement,
    directory: RecipientDirectory,
    actor: str,
    declined: frozenset[str] = frozenset(),
) -> tuple[tuple[Notice, ...], tuple[TimelineFact, ...]]:
    """Return a message for each address of the announcement, and the entry of the timeline.

    The incident's own people are not notified of what they (`actor`) did themselves. Those who
    `declined` the incident are passed over as long as somebody else can be notified.
    """
    directory = directory.without(declined)
    so_far = AddressedMessages()
    for recipient in () if announcement.silenced else announcement.recipients:
        found = _found(recipient, directory, actor)
        if not (found.targets or found.done):
            so_far.unreachable.append(recipient.role)
        so_far.off_call += found.off_call
        for target, privy in found.targets:
            _add(so_far, announcement, recipient, target, privy=privy)
    if announcement.officers is not None and any(role != "reporter" for role in so_far.withheld):
        _add_in_place(so_far, announcement, announcement.officers, directory, actor)
    if announcement.stand_in is not None and so_far.unreachable and not so_far.notices:
        _add_in_place(so_far, announcement, announcement.stand_in, directory, actor)
    return tuple(so_far.notices.values()), _entry(announcement, so_far)


def addresses_of_recipient(recipient: Recipient, directory: RecipientDirectory) -> list[str]:
    """Return the addresses of a recipient."""
    return [target for target, _ in _found(recipient, directory, "").targets]


def _add(
    so_far: AddressedMessages,
    announcement: Announcement,
    recipient: Recipient,
    target: str,
    *,
    privy: bool,
) -> None:
    hidden = announcement.security and not privy
    if hidden and recipient.own:
        so_far.withheld.append(recipient.role)
        return
    notice = Notice(
        cause=announcement.cause,
        target=target,
        role=recipient.role,
        template=announcement.template,
        facts=announcement.bare if hidden else announcement.facts,
    )
    so_far.notices.setdefault(target, notice)


def _add_in_place(
    so_far: AddressedMessages,
    announcement: Announcement,
    recipient: Recipient,
    directory: RecipientDirectory,
    actor: str,
) -> None:
    found = _found(recipient, directory, actor).targets
    for target, privy in found:
        _add(so_far, announcement, recipient, target, privy=privy)
    if found:
        so_far.instead.append(recipient.role)


def _entry(announcement: Announcement, so_far: AddressedMessages) -> tuple[TimelineFact, ...]:
    untold = announcement.silenced or so_far.unreachable or so_far.withheld or so_far.off_call
    if announcement.optional or not (announcement.recorded or untold):
        return ()
    facts: dict[str, Any] = {
        "cause": announcement.cause,
        "template": announcement.template,
        "priority": announcement.priority,
        "roles": tuple(
            dict.fromkeys(
                [*(recipient.role for recipient in announcement.recipients), *so_far.instead]
            )
        ),
        "targets": tuple(so_far.notices),
    }
    if announcement.silenced:
        facts["silenced"] = announcement.silenced
    if so_far.unreachable:
        facts["unreachable"] = tuple(so_far.unreachable)
    if so_far.off_call:
        facts["nobody_on_call"] = tuple(dict.fromkeys(so_far.off_call))
    if so_far.withheld:
        facts["silenced"] = "security"
    return (("management_told", facts),)


def _found(recipient: Recipient, directory: RecipientDirectory, actor: str) -> RecipientAddresses:
    found = (
        _found_own(recipient, directory, actor)
        if recipient.own
        else _found_by_role(recipient, directory)
    )
    if found.targets or found.done or recipient.instead is None:
        return found
    instead = _found(recipient.instead, directory, actor)
    return replace(instead, off_call=(*found.off_call, *instead.off_call))


def _found_by_role(recipient: Recipient, directory: RecipientDirectory) -> RecipientAddresses:
    everybody = directory.with_role(recipient.role)
    of_group = directory.in_group(recipient.group) if recipient.group else []
    near = [one for one in of_group if recipient.role in one.roles]
    willing = directory.willing(near) or directory.willing(everybody) or near or everybody
    found = _together_with_listed(recipient, willing, directory)
    return replace(found, targets=tuple(_whose_turn(recipient, found.targets, directory)))


def _whose_turn(
    recipient: Recipient, found: Sequence[tuple[str, bool]], directory: RecipientDirectory
) -> Iterator[tuple[str, bool]]:
    """Yield the addresses of a recipient without those who declined, one person where it asks so.

    Addresses of programs are no people: all of them are kept. Who declined is passed over as long
    as the recipient, or the one in its place, means somebody else.
    """
    declined = {f"{way}:{login}" for login in directory.declined for way in BY_LOGIN}
    willing = [(target, privy) for target, privy in found if target not in declined]
    left = willing if willing or recipient.instead is not None else found
    people = {target: privy for target, privy in left if target.startswith(PERSON)}
    if recipient.turn is CallChoice.ALL or not people:
        yield from left
        return
    logins = [target.removeprefix(PERSON) for target in people]
    chosen = f"{PERSON}{directory.turns.choose(recipient.turn, logins)}"
    yield from (one for one in left if one[0] == chosen or one[0] not in people)


def _found_own(
    recipient: Recipient, directory: RecipientDirectory, actor: str
) -> RecipientAddresses:
    if recipient.people[:1] == (actor,) and actor not in directory.declined:
        return RecipientAddresses(done=True)
    for name in recipient.people:
        person = None if name == actor else directory.named(name)
        if person is not None and person.login not in directory.declined:
            return RecipientAddresses((_person(person),))
        if recipient.role == "reporter" and name.isascii() and EMAIL.fullmatch(name):
            return RecipientAddresses(((f"smtp:{name}", False),))
    if recipient.group and (people := directory.willing(directory.in_group(recipient.group))):
        others = tuple(_person(one) for one in people if one.login != actor)
        return RecipientAddresses(others, done=not others)
    return _together_with_listed(recipient, (), directory)


def _person(person: Reachable) -> tuple[str, bool]:
    return f"{PERSON}{person.login}", has_security_role(person.roles)


def _together_with_listed(
    recipient: Recipient, people: Iterable[Reachable], directory: RecipientDirectory
) -> RecipientAddresses:
    asked = [one.removeprefix(SCHEDULE) for one in recipient.listed if one.startswith(SCHEDULE)]
    return RecipientAddresses(
        tuple(_together(recipient, people, directory)),
        off_call=tuple(slug for slug in asked if not directory.on_call_in(slug)),
    )


def _together(
    recipient: Recipient, people: Iterable[Reachable], directory: RecipientDirectory
) -> Iterator[tuple[str, bool]]:
    """Yield the listed addresses, then the people who are not reached by one of them."""
    listed = list(_listed(recipient.listed, directory))
    reached = {target.lower() for target in listed}
    for target in listed:
        person = directory.called(target)
        yield target, has_security_role([recipient.role] if person is None else person.roles)
    for person in people:
        if reached.isdisjoint(_ways(person)):
            yield _person(person)


def _listed(targets: Iterable[str], directory: RecipientDirectory) -> Iterator[str]:
    for target in targets:
        if target.startswith(GROUP):
            yield from (
                f"{PERSON}{one.login}" for one in directory.in_group(target.removeprefix(GROUP))
            )
        elif target.startswith(SCHEDULE):
            yield from (
                f"{PERSON}{one.login}"
                for one in directory.on_call_in(target.removeprefix(SCHEDULE))
            )
        else:
            yield str(parse_recipient(target))


def _ways(person: Reachable) -> set[str]:
    """Return the addresses that reach this person."""
    return {
        *(f"{way}:{person.login.lower()}" for way in BY_LOGIN),
        f"smtp:{person.email.lower()}",
    }
