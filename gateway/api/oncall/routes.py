"""The routes of on-call schedules."""

from gateway.access.permissions import Action
from gateway.api.oncall import overrides, schedules, shifts, swaps
from gateway.api.route import CHANGE, IDEMPOTENT, IF_MATCH, READ, V1, WRITE, Route
from gateway.api.typed_handler import with_body, with_query, without_body

SCHEDULES = V1 + "/schedules"
SCHEDULE = SCHEDULES + "/{slug:[a-z0-9][a-z0-9_-]{0,63}}"
SWAP = SCHEDULE + "/swaps/{id:[0-9]{1,18}}"
OVERRIDE = SCHEDULE + "/overrides/{id:[0-9]{1,18}}"


def on_call_routes() -> tuple[Route, ...]:
    """Return the routes of schedules and of who is on call."""
    one, seen = schedules.ScheduleView, Action.DIRECTORY
    return (
        Route("GET", SCHEDULES, with_query(schedules.list_schedules, schedules.ScheduleQuery),
              READ, "List on-call schedules", schedules.SchedulePage, needs=seen),
        Route("POST", SCHEDULES, with_body(schedules.post_schedule, schedules.NewSchedule), WRITE,
              "Create an on-call schedule", one, status=201, needs=Action.PLAN_SHIFTS,
              headers=IDEMPOTENT),
        Route("GET", SCHEDULE, without_body(schedules.read_schedule), READ,
              "Read an on-call schedule", one, needs=seen),
        Route("PATCH", SCHEDULE, with_body(schedules.patch_schedule, schedules.SchedulePatch),
              WRITE, "Change an on-call schedule", one, needs=seen, headers=CHANGE),
        Route("DELETE", SCHEDULE, without_body(schedules.deactivate_schedule), WRITE,
              "Deactivate an on-call schedule", status=204, needs=seen, headers=IF_MATCH),
        Route("GET", SCHEDULE + "/on-call", with_query(shifts.read_on_call, shifts.MomentQuery),
              READ, "Read who is on call in a schedule", shifts.OnCallView, needs=seen),
        Route("GET", SCHEDULE + "/shifts", with_query(shifts.list_shifts, shifts.SpanQuery), READ,
              "List the shifts of a schedule", shifts.ShiftList, needs=seen),
        Route("GET", V1 + "/on-call", with_query(shifts.list_on_call, shifts.MomentQuery), READ,
              "Read who is on call in every schedule", shifts.OnCallList, needs=seen),
        *_overrides(),
        *_swaps(),
    )  # fmt: skip


def _overrides() -> tuple[Route, ...]:
    seen = Action.DIRECTORY
    return (
        Route("GET", SCHEDULE + "/overrides",
              with_query(overrides.list_overrides, shifts.SpanQuery), READ,
              "List the overrides of a schedule", overrides.OverrideList, needs=seen),
        Route("POST", SCHEDULE + "/overrides",
              with_body(overrides.post_override, overrides.OverrideBody), WRITE,
              "Put people on call for a while", overrides.OverrideView, status=201, needs=seen,
              headers=IDEMPOTENT),
        Route("DELETE", OVERRIDE, without_body(overrides.delete_override), WRITE,
              "Remove an override", status=204, needs=seen),
    )  # fmt: skip


def _swaps() -> tuple[Route, ...]:
    one, seen = swaps.SwapView, Action.DIRECTORY
    return (
        Route("GET", SCHEDULE + "/swaps", with_query(swaps.list_swaps, swaps.SwapQuery), READ,
              "List the swaps of a schedule", swaps.SwapList, needs=seen),
        Route("POST", SCHEDULE + "/swaps", with_body(swaps.post_swap, swaps.SwapBody), WRITE,
              "Create a proposal to swap shifts", one, status=201, needs=seen, headers=IDEMPOTENT),
        Route("POST", SWAP + "/accept", without_body(swaps.accept), WRITE,
              "Accept a swap of shifts", one, needs=seen, headers=IDEMPOTENT),
        Route("POST", SWAP + "/refuse", without_body(swaps.refuse), WRITE,
              "Refuse a swap of shifts", one, needs=seen, headers=IDEMPOTENT),
        Route("POST", SWAP + "/withdraw", without_body(swaps.withdraw), WRITE,
              "Remove a proposed swap of shifts", one, needs=seen, headers=IDEMPOTENT),
    )  # fmt: skip
