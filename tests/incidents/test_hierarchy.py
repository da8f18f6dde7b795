"""An incident may have only a fit master; a detached one records the reason."""

from dataclasses import dataclass, replace

import pytest

from gateway.incidents.hierarchy import (
    UnfitReason,
    detach_follower,
    find_unfit_reason,
    may_lose_followers,
    may_lose_master,
)
from gateway.incidents.record import Revision
from gateway.vocabulary import State
from tests.incidents.test_lifecycle import an_incident


@dataclass(frozen=True)
class Stands:
    state: State = State.LOGGED
    kind: str = "incident"
    priority: int = 3
    security: bool = False
    suppressed: bool = False


OVER, REQUEST = State.RESOLVED, "service_request"


@pytest.mark.parametrize(
    ("master", "follower", "why"),
    [
        (Stands(), Stands(), None),
        (Stands(priority=1), Stands(priority=4), None),
        (Stands(priority=4), Stands(priority=1), UnfitReason.MILDER),
        (Stands(state=OVER), Stands(), UnfitReason.OVER),
        (Stands(state=State.ON_HOLD), Stands(), None),
        (Stands(security=True), Stands(), UnfitReason.HIDDEN),
        (Stands(security=True), Stands(security=True), None),
        (Stands(), Stands(security=True), None),
        (Stands(kind=REQUEST), Stands(), UnfitReason.REQUEST),
        (Stands(kind=REQUEST), Stands(kind=REQUEST), None),
        (Stands(), Stands(kind=REQUEST), None),
        (Stands(suppressed=True), Stands(), UnfitReason.SUPPRESSED),
        (
            Stands(state=OVER, security=True, priority=4),
            Stands(state=State.CLOSED, priority=1),
            None,
        ),
    ],
)
def test_master_must_be_open_visible_and_at_least_as_urgent(
    master: Stands, follower: Stands, why: UnfitReason | None
) -> None:
    assert find_unfit_reason(master, follower) is why


def revised(before: dict[str, object], **after: object) -> Revision:
    was = replace(an_incident(), **before)  # type: ignore[arg-type]
    now = replace(was, **after)  # type: ignore[arg-type]
    return Revision(after=now, actor="ann", events=(("changed", {}),), before=was)


@pytest.mark.parametrize(
    ("revision", "may"),
    [
        (revised({}, state=State.RESOLVED), True),
        (revised({}, state=State.REJECTED), True),
        (revised({}, priority=4), True),
        (revised({}, priority=1), False),
        (revised({}, security=True), True),
        (revised({"security": True}, security=False), False),
        (revised({}, suppressed=True), True),
        (revised({}, kind=REQUEST), True),
        (revised({}, title="y"), False),
        (revised({"state": State.RESOLVED}, state=State.CLOSED), False),
        (revised({"master_id": 7}, state=State.RESOLVED), False),
        (replace(revised({}), before=None), False),
    ],
)
def test_master_change_that_can_detach_children_is_recognized(
    revision: Revision,
    may: bool,
) -> None:
    assert may_lose_followers(revision) is may


BELOW: dict[str, object] = {"master_id": 7}


@pytest.mark.parametrize(
    ("revision", "may"),
    [
        (revised(BELOW, priority=1), True),
        (revised(BELOW | {"state": State.RESOLVED}, state=State.LOGGED), True),
        (revised(BELOW | {"security": True}, security=False), True),
        (revised({}, master_id=7), True),
        (replace(revised(BELOW), before=None), True),
        (revised(BELOW, title="y"), False),
        (revised(BELOW, state=State.RESOLVED), False),
        (revised({}, priority=1), False),
    ],
)
def test_child_change_that_can_outgrow_master_is_recognized(
    revision: Revision,
    may: bool,
) -> None:
    assert may_lose_master(revision) is may


@pytest.mark.parametrize(
    ("why", "more"),
    [
        (UnfitReason.HIDDEN, {}),
        (UnfitReason.OVER, {"state": State.RESOLVED}),
        (UnfitReason.MILDER, {"priority": 3, "master_priority": 4}),
    ],
)
def test_detaching_records_master_and_reason(why: UnfitReason, more: dict[str, object]) -> None:
    follower = replace(
        an_incident(), master_id=7, link_reason="rule: same service", link_score=1.0, priority=3
    )
    master = replace(an_incident(), id=7, number="INC-7", state=State.RESOLVED, priority=4)
    freed = detach_follower(Revision(after=follower, actor="gateway", events=()), master, why)
    assert freed.events == (("unlinked", {"master": "INC-7", "reason": why} | more),)
    assert (freed.after.master_id, freed.after.link_reason, freed.after.link_score) == (
        None,
        None,
        None,
    )


def test_detached_link_is_proposed_with_its_reason() -> None:
    follower = replace(an_incident(), master_id=7, link_reason="rule: same service", link_score=1.0)
    freed = detach_follower(
        Revision(after=follower, actor="gateway", events=()),
        an_incident(),
        UnfitReason.MILDER,
        proposed=True,
    )
    assert freed.events[-1] == (
        "link_proposed",
        {"master": an_incident().number, "reason": "rule: same service", "score": 1.0},
    )
