"""Answers of reporters to a resolution count as read once staff act on the record. Pure."""

from dataclasses import replace
from datetime import datetime

from gateway.access.permissions import ALLOWED, Action, may
from gateway.access.principal import Principal
from gateway.incidents.record import Revision
from gateway.sla import reporter_answers
from gateway.vocabulary import State


def mark_answer_read(revision: Revision, who: Principal, now: datetime) -> Revision:
    """Return the revision with the waiting answer marked as read, if staff act.

    The time until the record closes automatically begins anew then.
    """
    after = revision.after
    if after.state is not State.RESOLVED or after.resolved_at is None:
        return revision
    if not reporter_answers.is_unread(after.marks, after.resolved_at):
        return revision
    if may(who, Action.INSPECT, after) != ALLOWED:
        return revision
    marks = reporter_answers.mark_read(after.marks, after.resolved_at, now)
    return replace(revision, after=replace(after, marks=marks))
