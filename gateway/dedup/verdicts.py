"""The verdicts of a whole batch, and the records freed from masters they may not follow. Pure."""

from collections.abc import Iterator, Sequence

from gateway.dedup.alert_state import IncidentRef
from gateway.dedup.batch_items import BatchItem, ItemVerdict
from gateway.dedup.plan import BatchPlan
from gateway.incidents.hierarchy import UnfitReason, find_unfit_reason
from gateway.vocabulary import Outcome


def decide_all(plan: BatchPlan, items: Sequence[BatchItem]) -> list[ItemVerdict]:
    """Return the verdicts of all items in order of arrival.

    A record that followed a master which the batch itself ended gets no master.
    """
    verdicts = [plan.take(item) for item in items]
    freed = dict(_freed(plan))
    for verdict in verdicts:
        if (
            verdict.holder is not None
            and verdict.holder in freed
            and verdict.outcome is Outcome.RELATED
        ):
            verdict.outcome, verdict.reason = Outcome.OPENED, freed[verdict.holder]
    return verdicts


def _freed(plan: BatchPlan) -> Iterator[tuple[IncidentRef, str]]:
    """Detach new and moved records from masters that they may not follow, direct followers first.

    Yields each new record so detached with the reason of its opening.
    """
    drafts = {draft.holder: draft for draft in plan.drafts}
    while lost := [
        one
        for one in (*drafts, *plan.moving)
        if one.master is not None and find_unfit_reason(one.top, one) is not None
    ]:
        for holder in [one for one in lost if one.master is one.top] or lost:
            top, link_reason = (
                holder.top,
                drafts[holder].link_reason if holder in drafts else plan.moving.pop(holder),
            )
            if find_unfit_reason(top, holder) is UnfitReason.MILDER and link_reason is not None:
                plan.proposed.append((holder, top, link_reason))
            holder.master = None
            if (draft := drafts.get(holder)) is not None:
                draft.link_reason = None
                yield holder, draft.reason
