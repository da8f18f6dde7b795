"""Times that PostgreSQL would read back as infinity are refused in every body and query."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from gateway.errors import Unprocessable
from gateway.untrusted.bounds import Moment
from gateway.web import body
from tests.support.api import Api
from tests.support.clock import NOON

FAR = (
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00",
    "2200-01-01T00:00:01Z",
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
)


class Inner(msgspec.Struct, rename="camel"):
    starts_at: Moment


class Outer(msgspec.Struct):
    at: Moment | None = None
    parts: list[Inner] = []
    name: Annotated[str, Meta(max_length=9)] = ""


@pytest.mark.parametrize("far", FAR)
def test_every_out_of_range_time_in_body_is_reported_with_pointer(far: str) -> None:
    near = (NOON + timedelta(days=1)).isoformat()
    told = {"at": far, "parts": [{"startsAt": near}, {"startsAt": far}], "name": "x"}
    with pytest.raises(Unprocessable) as refused:
        body.check_times(msgspec.convert(told, Outer))
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/at", "/parts/1/startsAt"]
    body.check_times(msgspec.convert({"at": near, "parts": [{"startsAt": near}]}, Outer))
    body.check_times(None)


REQUESTS: tuple[tuple[str, str, Any, str], ...] = (
    ("POST", "incidents/{number}/hold", {"reason": "awaiting_user", "until": "FAR"}, "/until"),
    (
        "POST",
        "incidents/{number}/updates",
        {"text": "Soon.", "next_update_due_at": "FAR"},
        "/next_update_due_at",
    ),
    ("POST", "incidents", {"title": "x", "occurred_at": "FAR"}, "/occurred_at"),
    ("POST", "keys", {"name": "x", "scopes": ["read"], "expires_at": "FAR"}, "/expires_at"),
    (
        "POST",
        "sla/simulate",
        {"priority": 1, "events": [{"at": "FAR", "event": "record"}], "at": "FAR"},
        "/events/0/at",
    ),
    ("GET", "quarantine?since=FAR", None, "/since"),
    ("GET", "groups/sre/roster?from=FAR&to=FAR", None, "/from"),
    (
        "PUT",
        "groups/sre/roster",
        {"shifts": [{"from": "FAR", "to": "FAR", "people": []}]},
        "/shifts/0/from",
    ),
)


@pytest.mark.parametrize("far", FAR[:1])
@pytest.mark.parametrize(
    ("method", "path", "asked", "pointer"), REQUESTS, ids=[request[1] for request in REQUESTS]
)
async def test_out_of_range_time_is_refused_with_pointer(
    api: Api, far: str, method: str, path: str, asked: Any, pointer: str
) -> None:
    number = (await api.incident())["number"]
    told = msgspec.json.decode(msgspec.json.encode(asked).replace(b"FAR", far.encode()))
    status, problem = await api.call(
        method, "/api/v1/" + path.format(number=number).replace("FAR", far), told
    )
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer), problem


async def test_out_of_range_time_in_bulk_action_is_refused(api: Api) -> None:
    number = (await api.incident())["number"]
    asked = {
        "numbers": [number],
        "action": "hold",
        "body": {"reason": "awaiting_user", "until": FAR[0]},
    }
    status, problem = await api.call("POST", "/api/v1/incidents/bulk", asked)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/body/until")
