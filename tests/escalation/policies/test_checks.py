"""Flaws of escalation policies are named with their place."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.escalation.policies.checks import Known, policy_flaws
from gateway.escalation.policies.policy import Hours, PolicyDefinition, PolicyStep, PolicyUse

KNOWN = Known(
    people=("ann",),
    groups=("dba",),
    schedules=("web",),
    services=("shop",),
    calendars=("24x7",),
    roles=("duty",),
    refused={"webhook:https://10.0.0.1/": "an address inside"},
)
TARGETS = ("person:ann", "group:dba", "schedule:web", "role:leader", "role:handler", "role:duty")
SOUND = PolicyDefinition(
    name="SRE",
    steps=(PolicyStep(targets=(*TARGETS, "webhook:https://hook.example/")),),
    uses=(PolicyUse(services=("shop",), groups=("dba",)),),
    repeat=1,
    acknowledged_for=timedelta(hours=1),
)


def places(policy: PolicyDefinition) -> list[str]:
    return [flaw.pointer for flaw in policy_flaws(policy, KNOWN)]


def of_step(**fields: object) -> PolicyDefinition:
    return replace(SOUND, steps=(replace(SOUND.steps[0], **fields),))  # type: ignore[arg-type]


def test_sound_policy_has_no_flaw() -> None:
    assert places(SOUND) == []


@pytest.mark.parametrize(
    ("policy", "pointer"),
    [
        (replace(SOUND, calendar="none"), "/calendar"),
        (replace(SOUND, repeat_after=timedelta(seconds=59)), "/repeat_after_seconds"),
        (replace(SOUND, acknowledged_for=timedelta(days=8)), "/acknowledged_for_seconds"),
        (of_step(after=timedelta(days=8)), "/steps/0/after_seconds"),
        (of_step(hours=Hours.WITHIN), "/steps"),
        (of_step(hours=Hours.OUTSIDE), "/steps"),
        (replace(SOUND, uses=(PolicyUse(services=("none",)),)), "/uses/0/services/0"),
        (replace(SOUND, uses=(PolicyUse(groups=("none",)),)), "/uses/0/groups/0"),
    ],
)
def test_flaw_is_named_with_its_place(policy: PolicyDefinition, pointer: str) -> None:
    assert places(policy) == [pointer]


@pytest.mark.parametrize(
    "target",
    ["person:bob", "group:x", "schedule:x", "role:none", "pigeon:ann", "webhook:https://10.0.0.1/"],
)
def test_target_that_reaches_nobody_is_refused(target: str) -> None:
    assert places(of_step(targets=("person:ann", target))) == ["/steps/0/targets/1"]
