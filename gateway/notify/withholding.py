"""Reduction of a message about a security incident for a recipient who may not see it. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from gateway.incidents.facts import WITHHELD, withhold_facts
from gateway.incidents.record import NUMBER
from gateway.notify.texts.reporter_letters import LETTERS

REPORTER = "reporter"
"""The role of reporters among recipients."""

OF_A_LETTER = ("number", "locale", "subject", "answers")
"""Facts that a reporter knows already: the number and the subject of their own report."""

OF_AN_ANSWER = ("number", "locale", "text", "opened")
"""Facts of the chat reply that gives a reporter the number of what they have just reported."""

INCIDENT_NUMBER_FACTS = ("related", "about", "raised_by", "left_master")
"""Facts that are the number of another incident than the one that a message is about."""


def withhold_message_facts(template: str, role: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts for a recipient who may not see the incident.

    A reporter is told its number and no more.
    """
    if role == REPORTER and template in LETTERS:
        return {name: facts[name] for name in OF_A_LETTER if name in facts} | {WITHHELD: True}
    if role == REPORTER and facts.get("opened"):
        return {name: facts[name] for name in OF_AN_ANSWER if name in facts} | {WITHHELD: True}
    return withhold_facts(facts)


def find_named_incidents(facts: Mapping[str, Any]) -> frozenset[str]:
    """Return the numbers of other incidents that a message names."""
    listed = (one.get("number") for one in facts.get("listed") or () if isinstance(one, Mapping))
    found = (*(facts.get(name) for name in INCIDENT_NUMBER_FACTS), *listed)
    return frozenset(one for one in found if isinstance(one, str) and NUMBER.fullmatch(one))


def drop_incidents(facts: Mapping[str, Any], hidden: Collection[str]) -> Mapping[str, Any]:
    """Return the facts of a message without these incidents."""
    if not hidden:
        return facts
    kept = {
        name: value
        for name, value in facts.items()
        if name not in INCIDENT_NUMBER_FACTS or value not in hidden
    }
    if "listed" in kept:
        kept["listed"] = [one for one in kept["listed"] if one["number"] not in hidden]
        gone = len(facts["listed"]) - len(kept["listed"])
        kept["records"] = max(facts.get("records", 0) - gone, 0)
    return kept
