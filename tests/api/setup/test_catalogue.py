"""Tests of services and configuration items over the API, and of their effect on records."""

import asyncio
from typing import Any

import pytest

from gateway.directory.roles import Role
from gateway.vocabulary import Impact, Urgency
from tests.support.api import Api

SERVICES, CIS, INCIDENTS = "/api/v1/services", "/api/v1/cis", "/api/v1/incidents"
SHOP = {"slug": "shop", "name": "The shop"}


async def groups(api: Api, **tiers: str) -> None:
    for slug, tier in tiers.items():
        assert (
            await api.call("POST", "/api/v1/groups", {"slug": slug, "name": slug, "tier": tier})
        )[0] == 201


async def item(api: Api, name: str, *depends_on: str) -> None:
    status, made = await api.call(
        "POST", CIS, {"name": name, "kind": "host", "depends_on": depends_on}
    )
    assert status == 201, made


async def imported(api: Api, text: str, kind: str = "text/csv") -> tuple[int, Any]:
    answer = await api.raw(
        "POST", f"{CIS}/import", data=text.encode(), headers={"Content-Type": kind}
    )
    return answer.status, await answer.json(content_type=None)


async def test_service_is_created_read_changed_and_deactivated(api: Api) -> None:
    await groups(api, desk="desk", dba="tier2")
    promised = {
        "targets": {"1": {"overall": "15m"}},
        "support_hours": "cn-office",
        "policy": "business-hours",
    }
    status, made = await api.call(
        "POST", SERVICES, SHOP | promised | {"desk_group": "desk", "tier2_group": "dba"}
    )
    assert (status, made["version"], made["criticality"], made["targets"]) == (
        201,
        1,
        "normal",
        promised["targets"],
    )
    assert (await api.call("POST", SERVICES, SHOP))[0] == 409
    answer = await api.raw("GET", f"{SERVICES}/shop", scope="read")
    assert (answer.headers["ETag"], await answer.json()) == ('"1"', made)
    status, less = await api.call(
        "PATCH", f"{SERVICES}/shop", {"desk_group": "", "criticality": "critical"}
    )
    assert (status, less["desk_group"], less["tier2_group"], less["version"]) == (200, "", "dba", 2)
    assert (await api.call("PATCH", f"{SERVICES}/shop", {"criticality": "critical"}))[1][
        "version"
    ] == 2
    assert (await api.call("DELETE", f"{SERVICES}/shop", headers={"If-Match": '"1"'}))[0] == 412
    assert (await api.call("DELETE", f"{SERVICES}/shop"))[0] == 204
    assert (await api.call("GET", f"{SERVICES}?active=true", scope="read"))[1]["services"] == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"tier2_group": "nobody"}, "/tier2_group"),
        ({"policy": "none"}, "/policy"),
        ({"support_hours": "x"}, "/support_hours"),
        ({"targets": {"5": {}}}, "/targets/5"),
        ({"targets": {"1": {"lunch": "1h"}}}, "/targets/1/lunch"),
        ({"targets": {"1": {"desk": "soon"}}}, "/targets/1/desk"),
        ({"targets": {"1": {"desk": "0s"}}}, "/targets/1/desk"),
        ({"targets": {"1": {"desk": "99999999999999d"}}}, "/targets/1/desk"),
    ],
)
async def test_invalid_service_field_is_refused_with_pointer(
    api: Api, fields: dict[str, Any], pointer: str
) -> None:
    for method, path, sent in (
        ("POST", SERVICES, SHOP | fields),
        ("PATCH", f"{SERVICES}/shop", fields),
    ):
        status, problem = await api.call(method, path, sent)
        assert (status, problem.get("errors", [{}])[0].get("pointer")) == (422, pointer)
        await api.call("POST", SERVICES, SHOP)


async def test_concurrent_changes_of_one_version_have_one_winner(api: Api) -> None:
    await api.call("POST", SERVICES, SHOP)
    await item(api, "db1")
    for path, fields in (
        (f"{SERVICES}/shop", ("name", "A", "B")),
        (f"{CIS}/db1", ("kind", "a", "b")),
    ):
        name, *values = fields
        patches = (
            api.call("PATCH", path, {name: value}, headers={"If-Match": '"1"'}) for value in values
        )
        assert sorted(status for status, _ in await asyncio.gather(*patches)) == [200, 412]


async def test_service_targets_apply_to_new_incidents(api: Api) -> None:
    async def overall() -> str:
        made = await api.incident(service="shop", impact=Impact.BUSINESS, urgency=Urgency.URGENT)
        clocks = (await api.call("GET", f"{INCIDENTS}/{made['number']}/sla"))[1]["clocks"]
        return str(next(clock["target_s"] for clock in clocks if clock["name"] == "overall"))

    await api.call("POST", SERVICES, SHOP)
    before = await overall()
    await api.call("PATCH", f"{SERVICES}/shop", {"targets": {"1": {"overall": "7m"}}})
    promised = await overall()
    await api.call("DELETE", f"{SERVICES}/shop")
    assert [float(before), float(promised), float(await overall())] == [1800, 420, 1800]


async def test_reported_incident_is_routed_to_support_group_with_reason(api: Api) -> None:
    await groups(api, dba="tier2")
    await api.call("POST", SERVICES, SHOP | {"tier2_group": "dba"})
    made = await api.incident(service="shop")
    assert (made["state"], made["assignee_group"], made["tier"]) == ("assigned", "dba", "2")
    _, story = await api.call("GET", f"{INCIDENTS}/{made['number']}/timeline")
    routed = next(entry for entry in story["entries"] if entry["event"] == "routed")
    wanted = {"group": "dba", "tier": "2", "reason": "supports shop at tier2", "state": "assigned"}
    assert routed["facts"] == wanted
    await groups(api, desk="desk")
    await api.call("PATCH", f"{SERVICES}/shop", {"desk_group": "desk"})
    at_desk = await api.incident(service="shop", title="prices are wrong")
    assert (at_desk["state"], at_desk["assignee_group"], at_desk["tier"]) == ("logged", "desk", "1")
    assert (await api.incident(service="other"))["assignee_group"] == ""


async def test_item_dependencies_must_exist_and_be_acyclic(api: Api) -> None:
    await item(api, "db1")
    await item(api, "app1", "db1")
    await item(api, "web1", "app1")
    for path, sent, said in (
        ("db1", {"depends_on": ["web1"]}, "itself"),
        ("db1", {"depends_on": ["db1"]}, "itself"),
        ("db1", {"depends_on": ["none"]}, "no configuration item none"),
        ("db1", {"service": "none"}, "no service none"),
    ):
        status, problem = await api.call("PATCH", f"{CIS}/{path}", sent)
        assert status == 422
        assert said in problem["errors"][0]["detail"]
    _, app1 = await api.call("GET", f"{CIS}/app1", scope="read")
    assert (app1["depends_on"], app1["dependents"], app1["version"]) == (["db1"], ["web1"], 1)
    assert (await api.call("DELETE", f"{CIS}/app1"))[0] == 409
    assert [
        (await api.call("DELETE", f"{CIS}/{name}"))[0] for name in ("web1", "app1", "app1")
    ] == [204, 204, 404]


async def test_item_dependencies_are_replaced_only_when_sent(api: Api) -> None:
    for name, *upstream in (["a"], ["b"], ["c", "a", "b"]):
        await item(api, name, *upstream)
    _, same = await api.call("PATCH", f"{CIS}/c", {"kind": "disk"}, headers={"If-Match": '"1"'})
    assert (same["depends_on"], same["kind"]) == (["a", "b"], "disk")
    _, fewer = await api.call("PATCH", f"{CIS}/c", {"depends_on": ["b", "b"]})
    assert (fewer["depends_on"], fewer["version"]) == (["b"], 3)
    assert (await api.call("GET", f"{CIS}/a/impact"))[1]["reaches"] == []


async def test_concurrent_changes_cannot_close_a_dependency_cycle(api: Api) -> None:
    await item(api, "a")
    await item(api, "b")
    patches = (
        api.call("PATCH", f"{CIS}/{ci}", {"depends_on": [on]})
        for ci, on in (("a", "b"), ("b", "a"))
    )
    assert sorted(status for status, _ in await asyncio.gather(*patches)) == [200, 422]


async def test_impact_lists_downstream_items_once_nearest_first(api: Api) -> None:
    for name, *upstream in (
        ["db"],
        ["app", "db"],
        ["cache", "db"],
        ["web", "app", "cache"],
        ["edge", "web", "db"],
        ["lone"],
    ):
        await item(api, name, *upstream)
    _, reached = await api.call("GET", f"{CIS}/db/impact", scope="read")
    assert [(hit["name"], hit["depth"]) for hit in reached["reaches"]] == [
        ("app", 1),
        ("cache", 1),
        ("edge", 1),
        ("web", 2),
    ]
    assert reached["more"] is False


async def test_impact_is_limited_in_count_and_depth(api: Api) -> None:
    wide = "name,kind,depends_on\nroot,host,\n" + "".join(f"w{n},host,root\n" for n in range(501))
    deep = "c0,host,\n" + "".join(f"c{n},host,c{n - 1}\n" for n in range(1, 22))
    assert await imported(api, wide + deep) == (200, {"imported": 524})
    for name, most in (("root", 500), ("c0", 20), ("c1", 20), ("c2", 19)):
        _, reached = await api.call("GET", f"{CIS}/{name}/impact")
        assert (name, len(reached["reaches"]), reached["more"]) == (
            name,
            most,
            name in {"root", "c0"},
        )


async def test_import_is_atomic_and_updates_existing_items(api: Api) -> None:
    assert await imported(api, "name,kind,depends_on\na,host,b\nb,host,\n") == (
        200,
        {"imported": 2},
    )
    status, problem = await imported(
        api, "name,kind,service,depends_on\nc,host,,a\nd,host,none,nobody\nb,disk,,c\n"
    )
    assert (status, [(e["pointer"], e["detail"]) for e in problem["errors"]]) == (
        422,
        [
            ("/1/service", "line 3: there is no service none"),
            ("/1/depends_on", "line 3: there is no configuration item nobody"),
        ],
    )
    circle = (
        '[{"name": "c", "kind": "host", "depends_on": ["a"]},\n'
        '{"name": "b", "kind": "disk",\n"depends_on": ["c"]}]'
    )
    status, problem = await imported(api, circle, "application/json")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/0/depends_on")
    assert problem["errors"][0]["detail"].endswith("would depend on itself: a → b → c → a")
    assert (await api.call("GET", f"{CIS}/c"))[0] == 404
    assert (await imported(api, "name,kind\nb,disk\n"))[0] == 200
    _, b = await api.call("GET", f"{CIS}/b")
    assert (b["kind"], b["version"], b["dependents"]) == ("disk", 2, ["a"])


async def test_the_catalogue_is_read_by_staff_and_written_by_administrators(api: Api) -> None:
    await api.person("rita", Role.REPORTER)
    assert (await api.call("GET", SERVICES, scope="rita"))[0] == 403
    assert (await api.call("POST", SERVICES, SHOP, scope="write"))[0] == 403
    answer = await api.raw("POST", f"{CIS}/import", scope="write", data=b"name,kind\n")
    assert answer.status == 403


async def test_catalogue_pages_neither_skip_nor_repeat(api: Api) -> None:
    await api.call("POST", SERVICES, SHOP)
    for n in range(5):
        await api.call("POST", SERVICES, {"slug": f"s{n}", "name": "x"})
        await api.call("POST", CIS, {"name": f"c{n}", "kind": "host", "service": "shop"})
    for path, name, key in (
        (f"{SERVICES}?", "services", "slug"),
        (f"{CIS}?service=shop&", "cis", "name"),
    ):
        seen, after = [], ""
        while after is not None:
            _, page = await api.call("GET", f"{path}limit=2&after={after}", scope="read")
            seen += [one[key] for one in page[name]]
            after = page["next"]
        assert [one[1:] for one in seen if one != "shop"] == list("01234")


async def test_aliases_are_saved_and_used_for_matching_at_once(api: Api) -> None:
    _, made = await api.call("POST", SERVICES, SHOP | {"aliases": ["商城", "webshop"]})
    _, same = await api.call("PATCH", f"{SERVICES}/shop", {"aliases": ["商城", "webshop"]})
    assert (made["aliases"], same["version"]) == (["商城", "webshop"], 1)
    assert (
        await imported(
            api, "name,kind,service,aliases\ndb1,host,shop,\nlb1,host,shop,front door; gate\n"
        )
    )[0] == 200
    _, changed = await api.call("PATCH", f"{CIS}/db1", {"aliases": ["the archive"]})
    assert (changed["aliases"], (await api.call("GET", f"{CIS}/lb1"))[1]["aliases"]) == (
        ["the archive"],
        ["front door", "gate"],
    )
    first = await api.incident(title="商城打不开")
    related = [
        (await api.incident(title=title))["master"]
        for title in ("webshop is down", "cannot open the shop")
    ]
    alone = [
        (await api.incident(title=title))["master"]
        for title in ("the archive shows wrong figures", "bakery is down")
    ]
    assert (related, alone) == ([first["number"]] * 2, [None, None])


@pytest.mark.parametrize("text", ['"\\ud800"', '"a\\u0000"', "9" * 5_000, "1e999", "[" * 40_000])
async def test_import_of_values_unfit_for_database_is_refused(api: Api, text: str) -> None:
    for body in (f'[{{"name":"a","kind":"host","attributes":{{"x":{text}}}}}]', f"[{text}]", text):
        headers = {
            "Authorization": f"Bearer {api.keys['admin']}",
            "Content-Type": "application/json",
        }
        answer = await api.client.post("/api/v1/cis/import", data=body.encode(), headers=headers)
        assert answer.status in (400, 422), (text[:20], await answer.text())
