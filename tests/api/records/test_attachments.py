"""Tests of the attachments of a record: permissions, limits and hostile uploads."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from aiohttp import ClientResponse

from gateway.api.records.attachments import AttachmentView
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from tests.support.api import QUOTA, Api

INCIDENTS = "/api/v1/incidents"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def at(number: str, rest: str = "") -> str:
    return f"{INCIDENTS}/{number}/attachments{rest}"


async def sent(
    api: Api, number: str, data: Any = PNG, query: str = "?name=a.png", **more: Any
) -> tuple[int, dict[str, Any]]:
    answer = await api.raw("POST", at(number, query), data=data, **more)
    return answer.status, await answer.json(content_type=None)


async def fetched(api: Api, number: str, attachment: int, scope: str = "admin") -> ClientResponse:
    return await api.raw("GET", at(number, f"/{attachment}"), scope=scope)


async def test_attachment_is_downloaded_unchanged(api: Api) -> None:
    number = (await api.incident())["number"]
    status, made = await sent(api, number, scope="write")
    assert (status, made["name"], made["type"], made["size"], made["public"]) == (
        201,
        "a.png",
        "image/png",
        len(PNG),
        False,
    )
    assert (made["sha256"], made["attached_by"]) == (sha256(PNG).hexdigest(), "write")
    answer = await fetched(api, number, made["id"], "read")
    assert (answer.status, await answer.read(), answer.headers["Content-Type"]) == (
        200,
        PNG,
        "image/png",
    )
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="a.png"')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert (await api.call("GET", at(number)))[1]["attachments"] == [made]


async def test_html_declared_as_image_is_served_as_plain_text(api: Api) -> None:
    number = (await api.incident())["number"]
    _, made = await sent(
        api, number, b"<script>alert(1)</script>", headers={"Content-Type": "image/png"}
    )
    answer = await fetched(api, number, made["id"])
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b.txt", "aSet-Cookie: b.txt"),
        ("attachment; filename*=UTF-8''a%22%3B%20filename%3D%22b.exe", 'a"; filename="b.exe'),
    ],
)
async def test_file_name_cannot_inject_headers_or_paths(api: Api, header: str, name: str) -> None:
    number = (await api.incident())["number"]
    status, made = await sent(api, number, query="", headers={"Content-Disposition": header})
    assert (status, made.get("name")) == (201, name)
    answer = await fetched(api, number, made["id"])
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Disposition"].count('"') == 2


@pytest.mark.parametrize(
    "headers", [{}, {"Content-Disposition": ";;;"}, {"Content-Disposition": "attachment"}]
)
async def test_a_file_without_a_name_is_refused(api: Api, headers: dict[str, str]) -> None:
    status, problem = await sent(api, (await api.incident())["number"], query="", headers=headers)
    assert (status, problem["type"]) == (400, "/problems/malformed")


async def test_a_compressed_body_is_refused(api: Api) -> None:
    status, _ = await sent(
        api, (await api.incident())["number"], b"\x1f\x8b", headers={"Content-Encoding": "gzip"}
    )
    assert status == 400


async def test_oversized_and_endless_bodies_are_refused(api: Api, pool: Pool) -> None:
    number = (await api.incident())["number"]
    pulled = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal pulled
        while pulled < 5_000:
            pulled += 1
            yield bytes(65_536)

    assert (await sent(api, number, bytes(QUOTA.each + 1)))[0] == 413
    with suppress(ConnectionError):  # the server may close while the body is still on its way
        assert (await sent(api, number, endless()))[0] == 413
    assert pulled < 5_000
    assert await pool.fetchval("SELECT count(*) FROM attachment") == 0


async def test_attachment_count_and_total_size_are_limited(api: Api) -> None:
    number, other = [(await api.incident(title=title))["number"] for title in ("one", "two")]
    assert [(await sent(api, number))[0] for _ in range(QUOTA.count + 1)] == [201] * QUOTA.count + [
        413
    ]
    assert [(await sent(api, other, bytes(QUOTA.each)))[0] for _ in range(3)] == [201, 201, 413]


async def test_removed_attachment_returns_404_and_keeps_timeline_entries(
    api: Api, pool: Pool
) -> None:
    await api.person("im", Role.INCIDENT_MANAGER)
    number = (await api.incident())["number"]
    _, made = await sent(api, number)
    for scope in ("write", "read"):
        assert (await api.raw("DELETE", at(number, f"/{made['id']}"), scope=scope)).status == 403
    assert (await api.raw("DELETE", at(number, f"/{made['id']}"), scope="im")).status == 204
    assert (await fetched(api, number, made["id"])).status == 404
    assert (await api.raw("DELETE", at(number, f"/{made['id']}"), scope="im")).status == 404
    assert await pool.fetchval("SELECT content IS NULL AND removed_by = 'im' FROM attachment")
    entries = (await api.call("GET", f"{INCIDENTS}/{number}/timeline"))[1]["entries"]
    assert [(one["event"], one["facts"].get("sha256")) for one in entries[1:]] == [
        ("attached", made["sha256"]),
        ("detached", made["sha256"]),
    ]


async def test_attachment_of_another_incident_returns_404(api: Api) -> None:
    mine, other = [(await api.incident(title=title))["number"] for title in ("one", "two")]
    _, made = await sent(api, other)
    assert (await fetched(api, mine, made["id"])).status == 404
    assert (await api.raw("DELETE", at(mine, f"/{made['id']}"))).status == 404
    assert (await fetched(api, mine, 10**18 - 1)).status == 404


async def test_security_incident_attachments_need_a_security_role(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    await api.person("sec", Role.SECURITY)
    number = (await api.incident(security=True))["number"]
    _, made = await sent(api, number)
    assert (await fetched(api, number, made["id"], "sec")).status == 200
    assert (await fetched(api, number, made["id"], "ann")).status == 404
    assert (await api.call("GET", at(number), scope="ann"))[0] == 404
    assert (await sent(api, number, scope="ann"))[0] == 404


async def test_reporter_sees_public_and_own_attachments_by_link_and_key(api: Api) -> None:
    await api.person("rep", Role.REPORTER)
    number = (await api.incident(contact="rep"))["number"]
    link = (await api.call("POST", f"{INCIDENTS}/{number}/invite"))[1]["path"]
    _, hidden = await sent(api, number)
    _, shown = await sent(api, number, query="?name=b.png&public=true")
    _, own = await sent(api, number, query="?name=c.png", scope="rep")
    mine = await (await api.client.get(link)).json()
    assert [one["id"] for one in mine["attachments"]] == [shown["id"], own["id"]]
    assert {
        one["id"] for one in (await api.call("GET", at(number), scope="rep"))[1]["attachments"]
    } == {shown["id"], own["id"]}
    for attachment, status in ((hidden, 404), (shown, 200), (own, 200)):
        assert (await api.client.get(f"{link}/attachments/{attachment['id']}")).status == status
        assert (await fetched(api, number, attachment["id"], "rep")).status == status


def test_attachment_model_has_no_content_field() -> None:
    assert "content" not in AttachmentView.__struct_fields__


async def test_repeated_upload_with_same_idempotency_key_is_stored_once(
    api: Api, pool: Pool
) -> None:
    number = (await api.incident())["number"]
    once = {"Idempotency-Key": "k"}
    first, second = [await sent(api, number, headers=once) for _ in range(2)]
    assert first == second
    assert first[0] == 201
    status, problem = await sent(api, number, PNG + b"other", headers=once)
    assert (status, problem["type"]) == (422, "/problems/idempotency_mismatch")
    assert await pool.fetchval("SELECT count(*) FROM attachment") == 1
    assert [one["id"] for one in (await api.call("GET", at(number)))[1]["attachments"]] == [
        first[1]["id"]
    ]


async def test_reporter_uploads_are_limited_per_link_and_attributed_to_reporter(
    api: Api, pool: Pool
) -> None:
    number = (await api.incident(contact="rep"))["number"]
    links = [(await api.call("POST", f"{INCIDENTS}/{number}/invite"))[1]["path"]]
    api.uow.clock.advance(timedelta(seconds=5))  # type: ignore[attr-defined]
    links.append((await api.call("POST", f"{INCIDENTS}/{number}/invite"))[1]["path"])

    async def add(link: str, **more: Any) -> tuple[int, Any]:
        answer = await api.client.post(f"{link}/attachments?name=photo.png", data=PNG, **more)
        return answer.status, await answer.json(content_type=None)

    status, made = await add(links[0])
    assert (status, made) == (
        201,
        {"id": 1, "name": "photo.png", "type": "image/png", "size": len(PNG)},
    )
    assert [await add(links[0], headers={"Idempotency-Key": "k"}) for _ in range(2)][1][1][
        "id"
    ] == 2
    status, problem = await add(links[0])
    assert (status, problem["type"], "by one link" in problem["detail"]) == (
        413,
        "/problems/too_large",
        True,
    )
    assert (await add(links[1], headers={"Idempotency-Key": "k"}))[0] == 201
    assert (await add(links[1]))[0] == 413  # as many as the record may have
    shown = (await api.call("GET", at(number)))[1]["attachments"]
    assert {(one["attached_by"], one["public"]) for one in shown} == {("reporter", True)}
    assert len((await (await api.client.get(links[0])).json())["attachments"]) == QUOTA.count
    assert (await add(links[0][:-1] + "_"))[0] == 404
    assert await pool.fetchval("SELECT count(*) FROM attachment") == QUOTA.count


async def test_upload_by_link_to_closed_incident_or_of_large_file_is_refused(api: Api) -> None:
    number = (await api.incident(contact="rep"))["number"]
    link = (await api.call("POST", f"{INCIDENTS}/{number}/invite"))[1]["path"]
    assert (
        await api.client.post(f"{link}/attachments?name=a", data=bytes(QUOTA.each + 1))
    ).status == 413
    for action in ("resolve", "close"):
        await api.call("POST", f"{INCIDENTS}/{number}/{action}", {})
    assert (await api.client.post(f"{link}/attachments?name=a", data=PNG)).status == 403
