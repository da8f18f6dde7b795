"""Absences over the API: entered by hand, and imported from files."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api
from tests.support.clock import NOON

OWN = "/api/v1/me/absences"
OF_ANN = "/api/v1/people/ann/absences"


def at(hours: float) -> str:
    return (NOON + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def absence(since: float = 24, until: float = 72, **fields: Any) -> dict[str, Any]:
    return {"from": at(since), "to": at(until)} | fields


def calendar(*events: tuple[str, str, str], head: str = "") -> bytes:
    """Return a file of events of whole days: UID, first day and title."""
    whole = "".join(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART;VALUE=DATE:{day}\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"
        for uid, day, title in events
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{head}{whole}END:VCALENDAR\r\n".encode()


async def listed(api: Api, path: str = OF_ANN, scope: str = "admin") -> list[tuple[str, str]]:
    """Return the beginning and the reason of each absence."""
    status, answer = await api.call("GET", path, scope=scope)
    assert status == 200, answer
    return [(one["from"], one["reason"]) for one in answer["absences"]]


async def imported(
    api: Api, body: bytes, query: str = "", path: str = OF_ANN, scope: str = "admin"
) -> tuple[int, Any]:
    headers = {"Content-Type": "text/calendar"}
    answer = await api.raw(
        "POST", f"{path}/import{query}", scope=scope, headers=headers, data=BytesIO(body)
    )
    return answer.status, await answer.json(content_type=None)


@pytest.fixture(autouse=True)
async def people(api: Api) -> None:
    await api.person("ann", Role.TIER2, zone="Asia/Shanghai")
    await api.person("bob", Role.TIER2)
    await api.person("max", Role.INCIDENT_MANAGER)


async def test_person_enters_and_deletes_own_absence(api: Api) -> None:
    status, made = await api.call("POST", OWN, absence(reason=" Leave "), scope="ann")
    assert (status, made["reason"], made["source"], made["entered_by"]) == (
        201,
        "Leave",
        "manual",
        "ann",
    )
    assert await listed(api, OWN, "ann") == [(at(24), "Leave")]
    assert (await api.call("DELETE", f"{OWN}/{made['id']}", scope="ann"))[0] == 204
    assert await listed(api, OWN, "ann") == []
    assert (await api.call("DELETE", f"{OWN}/{made['id']}", scope="ann"))[0] == 404


async def test_only_those_who_overlap_period_are_listed(api: Api) -> None:
    for since, until in ((-24, 1), (24, 48), (48, 72)):
        assert (await api.call("POST", OWN, absence(since, until), scope="ann"))[0] == 201
    assert len(await listed(api, OWN, "ann")) == 3
    assert len(await listed(api, f"{OWN}?from={at(2)}&to={at(48)}", "ann")) == 1


async def test_manager_enters_absence_of_others_and_colleague_does_not(api: Api) -> None:
    status, made = await api.call("POST", OF_ANN, absence(reason="Ill"), scope="max")
    assert (status, made["entered_by"]) == (201, "max")
    for verb, path, asked in (
        ("POST", OF_ANN, absence()),
        ("DELETE", f"{OF_ANN}/{made['id']}", None),
    ):
        assert (await api.call(verb, path, asked, scope="bob"))[0] == 403
    assert (await imported(api, calendar(), scope="bob"))[0] == 403
    assert await listed(api, scope="ann") == [(at(24), "Ill")]


async def test_reason_is_read_by_oneself_and_managers_only(api: Api) -> None:
    await api.call("POST", OWN, absence(reason="Operation"), scope="ann")
    assert [await listed(api, scope=scope) for scope in ("ann", "max", "bob", "read")] == [
        [(at(24), "Operation")],
        [(at(24), "Operation")],
        [(at(24), "")],
        [(at(24), "")],
    ]


async def test_absence_of_one_person_is_not_deleted_as_that_of_another(api: Api) -> None:
    _, made = await api.call("POST", OWN, absence(), scope="ann")
    assert (await api.call("DELETE", f"{OWN}/{made['id']}", scope="bob"))[0] == 404
    assert len(await listed(api)) == 1


@pytest.mark.parametrize(("since", "until"), [(24, 24), (24, 23), (-48, -24), (0, 24 * 401)])
async def test_absence_that_cannot_be_is_refused_with_pointer(
    api: Api, since: float, until: float
) -> None:
    status, problem = await api.call("POST", OWN, absence(since, until), scope="ann")
    assert (status, [flaw["pointer"] for flaw in problem["errors"]]) == (422, ["/to"])


async def test_machine_has_no_absences_and_nobody_has_none(api: Api) -> None:
    assert (await api.call("GET", OWN))[0] == 403
    assert (await api.call("POST", OWN, absence()))[0] == 403
    nobody = "/api/v1/people/nobody/absences"
    assert (await api.call("GET", nobody))[0] == 404
    assert (await api.call("POST", nobody, absence()))[0] == 404
    assert (await imported(api, calendar(), path=nobody))[0] == 404


async def test_file_replaces_its_own_events_only(api: Api) -> None:
    await api.call("POST", OWN, absence(reason="by hand"), scope="ann")
    first = calendar(("1", "20260310", "one"), ("2", "20260311", "two"))
    assert await imported(api, first) == (200, {"absences": 2, "unreadable": 0})
    moved = calendar(("2", "20260312", "two"))
    assert await imported(api, moved, path=OWN, scope="ann") == (
        200,
        {"absences": 1, "unreadable": 0},
    )
    # Midnight in Shanghai, where Ann lives.
    assert await listed(api) == [
        (at(24), "by hand"),
        ("2026-03-09T16:00:00Z", "one"),
        ("2026-03-11T16:00:00Z", "two"),
    ]


async def test_same_file_again_changes_nothing(api: Api) -> None:
    body = calendar(("1", "20260310", "one"))
    assert await imported(api, body) == await imported(api, body)
    before = (await api.call("GET", OF_ANN))[1]
    await imported(api, body)
    assert (await api.call("GET", OF_ANN))[1] == before


async def test_cancellation_takes_absence_back(api: Api) -> None:
    await imported(api, calendar(("1", "20260310", "one"), ("2", "20260311", "two")))
    await imported(api, calendar(("1", "20260310", "one"), head="METHOD:CANCEL\r\n"))
    assert [reason for _, reason in await listed(api)] == ["two"]


async def test_absence_of_file_is_deleted_by_hand(api: Api) -> None:
    await imported(api, calendar(("1", "20260310", "one")))
    [one] = (await api.call("GET", OF_ANN))[1]["absences"]
    assert one["source"] == "file"
    assert (await api.call("DELETE", f"{OF_ANN}/{one['id']}"))[0] == 204


async def test_words_and_hours_choose_events_of_file(api: Api) -> None:
    body = calendar(
        ("1", "20260310", "Annual leave"), ("2", "20260311", "年假"), ("3", "20260312", "x")
    )
    assert (await imported(api, body, "?words=LEAVE,年假"))[1]["absences"] == 2
    assert (await imported(api, body, "?at_least_hours=25"))[1]["absences"] == 0
    assert await listed(api) == []


async def test_bad_file_is_refused_and_leaves_what_is_there(api: Api) -> None:
    await imported(api, calendar(("1", "20260310", "one")))
    assert (await imported(api, b"hello"))[0] == 400
    assert (await imported(api, b""))[0] == 400
    assert (await imported(api, b"x" * 1_048_577))[0] == 413
    assert (await imported(api, b"BEGIN:VEVENT\r\n" * 5_001))[0] == 413
    assert len(await listed(api)) == 1


async def test_event_that_cannot_be_read_is_counted(api: Api) -> None:
    body = calendar(("1", "2026", "odd"), ("2", "20260310", "one"))
    assert await imported(api, body) == (200, {"absences": 1, "unreadable": 1})
