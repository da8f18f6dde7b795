"""A reporter's answer to a resolution counts as read when the staff act on the record."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.access.principal import Principal
from gateway.directory.roles import Role
from gateway.incidents.record import Revision
from gateway.operations.reporter.answer_read import mark_answer_read
from gateway.sla import reporter_answers
from gateway.vocabulary import State
from tests.access.situations import RECORD
from tests.support.clock import NOON

LATER = NOON + timedelta(hours=1)
DORA = Principal(name="dora", parts=frozenset({Role.SERVICE_DESK}))
ANN = Principal(name="ann", parts=frozenset({Role.REPORTER}), identities=frozenset({"ann"}))
RESOLVED = replace(
    RECORD, state=State.RESOLVED, resolved_at=NOON, marks=reporter_answers.mark_unread((), NOON)
)


def of(**changes: object) -> Revision:
    return Revision(after=replace(RESOLVED, **changes), actor="x", events=(("note", {}),))  # type: ignore[arg-type]


def test_staff_action_restarts_auto_close_wait() -> None:
    assert (
        reporter_answers.waits_from(mark_answer_read(of(), DORA, LATER).after.marks, NOON) == LATER
    )


@pytest.mark.parametrize(
    ("revision", "who"),
    [
        (of(), ANN),
        (of(state=State.IN_PROGRESS), DORA),
        (of(resolved_at=None), DORA),
        (of(marks=()), DORA),
    ],
)
def test_other_revisions_stay_unchanged(revision: Revision, who: Principal) -> None:
    assert mark_answer_read(revision, who, LATER) is revision
