"""Links to other systems are stored once, limited in number, and only to followable addresses."""

import pytest

from gateway.operations.linked import MOST, is_followable
from tests.support.api import Api


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "ftp://a.example", "https://", "https://a b", "https://me@a.example",
     "//a.example", "https://a:x", "https://a.example\\@b.example", "https://a.example/\u202e"],
)  # fmt: skip
def test_misleading_address_is_not_followable(address: str) -> None:
    assert not is_followable(address)


def test_long_address_with_port_is_followable() -> None:
    assert is_followable("http://[::1]:8080/x?y=%20#z")


def link(reference: str, title: str = "") -> dict[str, str]:
    return {"kind": "problem", "system": "itsm", "reference": reference, "title": title}


async def versions_after(api: Api, *links: dict[str, str]) -> tuple[str, list[int]]:
    number = (await api.incident())["number"]
    told = [await api.call("POST", f"/api/v1/incidents/{number}/linked", one) for one in links]
    return number, [body["incident"]["version"] for _, body in told]


async def test_same_link_changes_nothing_and_new_title_replaces_old(api: Api) -> None:
    number, versions = await versions_after(
        api, link("P1", "old"), link("P1", "old"), link("P1", "new")
    )
    assert versions == [versions[0], versions[0], versions[0] + 1]
    _, body = await api.call("GET", f"/api/v1/incidents/{number}/linked")
    assert [one["title"] for one in body["linked"]] == ["new"]


async def test_removed_link_is_gone_and_cannot_be_removed_again(api: Api) -> None:
    number, _ = await versions_after(api, link("P1"), link("P2"))
    path = f"/api/v1/incidents/{number}/linked"
    statuses = [
        (await api.call("DELETE", f"{path}?kind=problem&system=itsm&reference=P1"))[0]
        for _ in range(2)
    ]
    assert statuses == [204, 404]
    assert [one["reference"] for one in (await api.call("GET", path))[1]["linked"]] == ["P2"]


async def test_link_beyond_limit_is_refused_and_not_stored(api: Api) -> None:
    number, versions = await versions_after(api, *(link(f"P{n}") for n in range(MOST)))
    path = f"/api/v1/incidents/{number}/linked"
    status, body = await api.call("POST", path, link("one more"))
    assert (status, body["detail"]) == (
        413,
        f"{number} is linked to {MOST} records, as many as one may be",
    )
    assert len(versions) == len((await api.call("GET", path))[1]["linked"]) == MOST
