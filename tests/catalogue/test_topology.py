"""Names of items in texts of two languages, and the dependencies of items."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.topology import DEEPEST, KNOWN_TEXTS, NameKind, TopologyItem, build_topology
from tests.correlation.corpus.world import topology

LAND = topology()


def a_part(
    name: str, *upstream: str, aliases: tuple[str, ...] = (), service: str = ""
) -> TopologyItem:
    return TopologyItem(name, service, {}, upstream, aliases)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CRM打不开", ["crm"]),
        ("我们的crm系统", ["crm"]),
        ("scrmx", []),
        ("crm2", []),
        ("the CRM-system", ["crm"]),
        ("客户关系系统很慢", ["crm"]),
        ("OA系统和Wiki", ["oa", "wiki"]),
        ("crm-web1.", ["crm-web1"]),
        ("ping 10.1.0.11 fails", ["crm-web1"]),
        ("10.1.0.110", []),
        ("", []),
        ("C", []),
    ],
)
def test_name_is_found_as_a_whole_word_and_longest_wins(text: str, found: list[str]) -> None:
    assert [one.which for one in LAND.named(text)] == found


def test_ambiguous_name_matches_nothing() -> None:
    both = build_topology(
        [], [a_part("a1", aliases=("portal",)), a_part("a2", aliases=("Portal",))]
    )
    assert [one.which for one in both.named("the portal is down, a1")] == ["a1"]


def test_dependencies_are_followed_in_both_directions_with_depth() -> None:
    assert LAND.upstream("crm-web1") == {"crm-app1": 1, "crm-db1": 2, "sso-1": 2, "san-1": 3}
    assert LAND.downstream("crm-db1") == {"crm-app1": 1, "crm-web1": 2, "crm-web2": 2}
    assert LAND.upstream("nothing") == {}


def test_connected_items_share_a_component() -> None:
    assert (
        LAND.component("crm-web1")
        == LAND.component("erp-web1")
        == LAND.component("hr")
        == LAND.component("san-1")
    )
    assert LAND.component("wiki") == LAND.component("wiki-1") != LAND.component("crm")
    assert LAND.component("unheard of") == "unheard of"


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
def test_dependencies_always_share_a_component(edges: list[tuple[int, int]]) -> None:
    upstream: dict[int, set[str]] = {n: set() for n in range(13)}
    for below, above in edges:
        if below != above:
            upstream[below].add(f"c{above}")
    land = build_topology([], [a_part(f"c{n}", *sorted(up)) for n, up in upstream.items()])
    for ci in land.up:
        assert {land.component(ci)} == {land.component(one) for one in land.upstream(ci)} | {
            land.component(ci)
        }


def test_site_is_recognised_by_its_items() -> None:
    assert [(one.of, one.which) for one in LAND.named("VPN in Shanghai")] == [
        (NameKind.SERVICE, "vpn"),
        (NameKind.SITE, "shanghai"),
    ]


def test_dependency_depth_is_limited() -> None:
    chain = build_topology([], [a_part(f"n{n}", f"n{n + 1}") for n in range(DEEPEST + 5)])
    assert chain.upstream("n0") == {f"n{n}": n for n in range(1, DEEPEST + 1)}


def test_understood_texts_are_cached_up_to_a_limit() -> None:
    land = build_topology([], [])
    asked: list[int] = []

    def understood(said: int) -> int:
        asked.append(said)
        return said

    for said in (*range(KNOWN_TEXTS), 0, KNOWN_TEXTS, 0):
        assert land.once(said, partial(understood, said)) == said
    assert asked == [*range(KNOWN_TEXTS), KNOWN_TEXTS, 0]
