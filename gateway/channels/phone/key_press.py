"""A key pressed in a call that the gateway made: the only way to act on a record by telephone."""

from dataclasses import dataclass
from hashlib import sha256

from gateway.access import authorization
from gateway.access.permissions import visibility_of
from gateway.access.principal import Principal
from gateway.channels.phone.menu import MOST_TURNS
from gateway.channels.phone.posted import SOURCE
from gateway.channels.phone.script import Ask, DialogueStep, HangUp, Say, Script
from gateway.channels.phone.words import spell_number, spoken_text
from gateway.channels.report_service import ReportOutcome, ReportService
from gateway.channels.speakers import find_by_login
from gateway.errors import Forbidden, IllegalTransition, Unavailable, Unprocessable
from gateway.incidents import commands, lifecycle
from gateway.incidents.labels import LOCALES, Locale, state_label
from gateway.incidents.record import Incident
from gateway.notify.call_tokens import CallSubject, CallTokens
from gateway.operations.actions.revising import revise
from gateway.operations.unit_of_work import Transaction
from gateway.receipts.submission import ItemResult, Submission
from gateway.vocabulary import Outcome

ACKNOWLEDGE = "1"


@dataclass(frozen=True, slots=True)
class KeyPressHandler:
    """The handler of calls that the gateway makes.

    It describes a record and takes the key pressed for it.
    """

    report_service: ReportService
    tokens: CallTokens

    async def __call__(
        self, integration_id: int, call_id: str, place: DialogueStep, key: str, body: bytes
    ) -> Script:
        """Return the script the person hears next.

        Raises Forbidden for a call that the gateway did not make, and Unavailable.
        """
        called = self.tokens.read(place.token, self.report_service.uow.clock.now())
        if key != ACKNOWLEDGE:
            return await self.report_service.uow.within(lambda tx: self._told(tx, called, place))
        script: Script = ()

        async def work(tx: Transaction) -> ReportOutcome | ItemResult:
            nonlocal script
            script, done = await self._pressed(tx, called, place)
            return done

        name = f"phone:press:{call_id}:{sha256(place.token.encode()).hexdigest()}"
        press = Submission(integration_id, SOURCE, body, {}, (), delivery_id=name, same_as=b"press")
        receipt = await self.report_service.take(press, work)
        if any(result.outcome is Outcome.QUARANTINED for result in receipt.results):
            raise Unavailable("the database refused the key press")
        # The same key sent again is answered with the state of the record.
        return script or await self.report_service.uow.within(
            lambda tx: self._told(tx, called, place)
        )

    async def _pressed(
        self, tx: Transaction, called: CallSubject, place: DialogueStep
    ) -> tuple[Script, ReportOutcome]:
        who, locale = await _person(tx, called)
        incident = await _record(tx, called)
        name = f"{SOURCE}:press:{incident.number}"
        if not visibility_of(who).sees(incident):
            return _say(_hidden(incident), locale), ReportOutcome(
                name, None, Outcome.IGNORED, "not theirs to see"
            )
        if incident.version != called.version:
            return self._again(incident, called, locale, place, ("changed",)), _ignored(
                name, incident, "has changed"
            )
        command = commands.Acknowledge(person=who.name)
        try:
            authorization.check_command(who, command, incident)
            revision = await revise(tx, incident, command, who)
        except (Forbidden, IllegalTransition, Unprocessable):
            return _say("refused", locale), _ignored(name, incident, "may not acknowledge it")
        if not revision.events:
            return self._again(incident, called, locale, place, ()), _ignored(
                name, incident, "is worked on already"
            )
        (written,) = await tx.write([revision])
        taken = (
            Say(spoken_text("acknowledged", locale, number=spell_number(incident.number)), locale),
            HangUp(),
        )
        return taken, ReportOutcome(name, written, Outcome.ACKNOWLEDGED, "key press")

    async def _told(self, tx: Transaction, called: CallSubject, place: DialogueStep) -> Script:
        who, locale = await _person(tx, called)
        incident = await _record(tx, called)
        if not visibility_of(who).sees(incident):
            return _say(_hidden(incident), locale)
        return self._again(incident, called, locale, place, ())

    def _again(
        self,
        incident: Incident,
        called: CallSubject,
        locale: Locale,
        place: DialogueStep,
        first: tuple[str, ...],
    ) -> Script:
        """Return the description of the record, with a key to acknowledge it if that is possible.

        The key comes with a token for the record's present version.
        """
        facts = {
            "number": spell_number(incident.number),
            "priority": incident.priority,
            "title": incident.title,
        }
        told = spoken_text(
            "alarm", locale, **facts, state=state_label(incident.state, incident.kind, locale)
        )
        says = (*(Say(spoken_text(word, locale), locale) for word in first), Say(told, locale))
        if not lifecycle.is_acknowledgeable(incident) or place.turn >= MOST_TURNS:
            return *says, HangUp()
        token = self.tokens.make(
            CallSubject(incident.id, incident.version, called.login, called.made_at)
        )
        return (
            Ask(
                (*says, Say(spoken_text("press", locale), locale)),
                DialogueStep("alarm", locale, place.turn + 1, token),
            ),
        )


async def _person(tx: Transaction, called: CallSubject) -> tuple[Principal, Locale]:
    found = await find_by_login(tx.conn, called.login, called.made_at)
    if found is None:
        raise Forbidden("nobody has this login any more")
    who, chosen = found
    return who, next((one for one in LOCALES if one == chosen), "en")


async def _record(tx: Transaction, called: CallSubject) -> Incident:
    found = await tx.locked([called.incident_id])
    if not found:
        raise Forbidden("there is no such record")
    return found[0]


def _hidden(incident: Incident) -> str:
    """Return the name of the text for somebody who may not see the record."""
    return "restricted" if incident.security else "refused"


def _say(word: str, locale: Locale) -> Script:
    return Say(spoken_text(word, locale), locale), HangUp()


def _ignored(name: str, incident: Incident, reason: str) -> ReportOutcome:
    return ReportOutcome(name, incident, Outcome.IGNORED, reason)
