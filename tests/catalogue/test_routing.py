from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.criticality import adjust_priority
from gateway.catalogue.model import Service
from gateway.catalogue.routing import RoutingCase, RoutingData, all_members, decide_routing
from gateway.directory.person import Group
from gateway.directory.roles import GroupTier
from gateway.settings import Bounds, Routing
from gateway.vocabulary import Criticality
from tests.support.clock import NOON

LOGINS = ("ann", "bob", "cho", "dan")
SLUGS = ("dba", "desk", "net", "unix")
SKILLS = ("linux", "oracle")
SERVICES = ("mail", "shop")


def a_group(
    slug: str,
    tier: GroupTier = GroupTier.TIER2,
    members: tuple[str, ...] = (),
    skills: tuple[str, ...] = (),
) -> Group:
    return Group(
        id=1,
        slug=slug,
        name=slug,
        tier=tier,
        active=True,
        skills=skills,
        members=members,
        version=1,
        created_at=NOON,
        updated_at=NOON,
    )


def a_service(slug: str, desk: str = "", tier2: str = "", tier3: str = "") -> Service:
    return Service(
        slug=slug,
        name=slug,
        description="",
        owner_group="",
        desk_group=desk,
        tier2_group=tier2,
        tier3_group=tier3,
        criticality=Criticality.NORMAL,
        support_hours="",
        policy="",
        targets={},
        active=True,
        version=1,
        created_at=NOON,
        updated_at=NOON,
    )


CASE = RoutingCase(
    origin="people", kind="incident", source="web", service="shop", category="database", priority=3
)
SOME = st.lists(st.sampled_from(LOGINS), unique=True).map(tuple)
WORDS = st.lists(st.sampled_from(SKILLS), unique=True).map(tuple)
GROUPS = st.dictionaries(
    st.sampled_from(SLUGS), st.tuples(st.sampled_from(list(GroupTier)), SOME, WORDS)
).map(lambda made: {slug: a_group(slug, *fields) for slug, fields in made.items()})
SUPPORT = st.sampled_from(["", *SLUGS])
KNOWN = st.dictionaries(st.sampled_from(SERVICES), st.tuples(SUPPORT, SUPPORT, SUPPORT)).map(
    lambda made: {slug: a_service(slug, *support) for slug, support in made.items()}
)
STANDINGS = st.builds(
    RoutingData,
    KNOWN,
    GROUPS,
    st.dictionaries(st.sampled_from(LOGINS), WORDS.map(frozenset)),
    st.dictionaries(st.sampled_from(LOGINS), st.integers(0, 9)),
)
RULES = st.lists(
    st.builds(
        Routing,
        name=st.sampled_from(["one", "two"]),
        group=SUPPORT,
        tier=st.sampled_from(["desk", "tier2", "tier3"]),
        skills=WORDS,
        person=st.booleans(),
        origins=st.sampled_from([(), ("people",), ("alerts",)]),
        services=st.sampled_from([(), ("shop",), ("mail",)]),
    ),
    max_size=4,
)
CASES = st.builds(
    replace,
    st.just(CASE),
    origin=st.sampled_from(["people", "alerts"]),
    service=st.sampled_from(["", *SERVICES]),
)


@given(CASES, STANDINGS, RULES, SOME)
def test_routing_picks_existing_group_and_able_person_on_shift(
    case: RoutingCase, standing: RoutingData, rules: list[Routing], shift: tuple[str, ...]
) -> None:
    routed = decide_routing(case, standing, rules, lambda _group, _at: shift, NOON)
    if routed is None:
        return
    group = standing.groups[routed.group]
    assert routed.tier is group.tier
    assert routed.reason
    if routed.person:
        rule = next(one for one in rules if one.name == routed.rule and one.person)
        assert routed.person in group.members
        assert routed.person in shift
        fit = [
            login
            for login in group.members
            if login in shift
            and any(
                set(one.skills) <= standing.skills.get(login, frozenset()) | set(group.skills)
                for one in rules
                if one.name == rule.name
            )
        ]
        assert routed.person in fit


@given(CASES, STANDINGS, RULES)
def test_alert_incident_is_routed_only_by_rules(
    case: RoutingCase, standing: RoutingData, rules: list[Routing]
) -> None:
    routed = decide_routing(replace(case, origin="alerts"), standing, rules, all_members, NOON)
    assert routed is None or routed.rule in {
        rule.name for rule in rules if "alerts" in rule.origins or not rule.origins
    }


@given(CASES, STANDINGS, RULES)
def test_later_rule_does_not_change_decision(
    case: RoutingCase, standing: RoutingData, rules: list[Routing]
) -> None:
    routed = decide_routing(case, standing, rules, all_members, NOON)
    if routed is not None and routed.rule:
        assert (
            decide_routing(
                case, standing, [*rules, Routing("last", group="dba")], all_members, NOON
            )
            == routed
        )


DBA = a_group("dba", members=LOGINS)
PICK = Routing("pick", group="dba", skills=("Oracle ",), person=True)
ABLE = {"bob": frozenset({"oracle"}), "cho": frozenset({"oracle", "linux"})}


def person(standing: RoutingData, shift: tuple[str, ...] = LOGINS) -> tuple[str, str]:
    routed = decide_routing(CASE, standing, [PICK], lambda _group, _at: shift, NOON)
    assert routed is not None
    return routed.person, routed.reason


def test_least_loaded_able_person_is_chosen_then_first_by_name() -> None:
    standing = RoutingData(groups={"dba": DBA}, skills=ABLE, load={"bob": 2, "cho": 1, "ann": 0})
    assert person(standing) == ("cho", "least to do of 2 on shift: 1 open")
    assert person(replace(standing, load={}))[0] == "bob"
    assert person(standing, ("bob", "eve"))[0] == "bob"


def test_group_is_assigned_with_reason_if_nobody_is_able() -> None:
    standing = RoutingData(groups={"dba": DBA}, skills=ABLE)
    assert person(standing, ()) == ("", "nobody is on shift")
    assert person(standing, ("ann", "dan")) == ("", "nobody on shift has the skills oracle")


def test_security_incident_is_routed_only_to_permitted_person() -> None:
    flagged, rules = replace(CASE, security=True), [PICK]
    standing = RoutingData(
        groups={"dba": DBA},
        skills=ABLE,
        load={"bob": 9, "zoe": 4},
        privy=frozenset({"bob", "mona"}),
    )
    routed = decide_routing(flagged, standing, rules, lambda _group, _at: LOGINS, NOON)
    assert routed is not None
    assert (routed.group, routed.person) == ("dba", "bob")
    shift = decide_routing(flagged, standing, rules, lambda _group, _at: ("cho",), NOON)
    assert shift is not None
    assert (shift.group, shift.person, shift.reason) == ("dba", "", "nobody on shift may see it")
    for officers, chosen in ((frozenset({"yan", "zoe"}), "yan"), (frozenset[str](), "mona")):
        others = replace(standing, privy=frozenset({"mona"}) | officers, officers=officers)
        officer = decide_routing(flagged, others, rules, all_members, NOON)
        assert officer is not None
        assert (officer.group, officer.tier, officer.person) == ("", GroupTier.DESK, chosen)
    assert (
        decide_routing(flagged, replace(standing, privy=frozenset()), rules, all_members, NOON)
        is None
    )
    assert decide_routing(flagged, standing, [], all_members, NOON) is None
    supported = replace(
        standing,
        services={"shop": a_service("shop", desk="desk", tier2="dba")},
        groups={"dba": DBA, "desk": a_group("desk")},
    )
    support = decide_routing(flagged, supported, [], all_members, NOON)
    assert support is not None
    assert support.group == "dba"


def test_service_support_tier_wins_over_first_group_with_skills() -> None:
    groups = {
        "dba": a_group("dba", skills=("oracle",)),
        "net": a_group("net"),
        "desk": a_group("desk", GroupTier.DESK),
    }
    standing = RoutingData({"shop": a_service("shop", desk="desk", tier2="net")}, groups)
    rule = Routing("skilled", skills=("oracle",))
    for service, group in (("shop", "net"), ("mail", "dba")):
        routed = decide_routing(replace(CASE, service=service), standing, [rule], all_members, NOON)
        assert routed is not None
        assert routed.group == group
    unruled = decide_routing(CASE, standing, [], all_members, NOON + timedelta(hours=1))
    assert unruled is not None
    assert (unruled.group, unruled.reason) == ("desk", "supports shop at desk")


@given(
    st.integers(1, 4),
    st.sampled_from(list(Criticality)),
    st.integers(-3, 3),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_criticality_keeps_priority_within_bounds_and_records_change(
    priority: int, criticality: Criticality, raise_by: int, one: int, other: int
) -> None:
    highest, lowest = sorted((one, other))
    service = replace(a_service("shop"), criticality=criticality)
    judged = adjust_priority(priority, service, {"critical": Bounds(raise_by, highest, lowest)})
    if criticality is not Criticality.CRITICAL:
        assert (judged.priority, judged.facts) == (priority, {})
        return
    assert highest <= judged.priority <= lowest
    assert ("priority_before" in judged.facts) == (judged.priority != priority)
    if highest <= priority - raise_by <= lowest:
        assert judged.priority == priority - raise_by
