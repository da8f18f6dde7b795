"""The longest prefix that fits chooses the carriers, and their refusals are joined."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.phone.outgoing.routes import find_route, join_refusals
from gateway.notify.message import Retry, Undeliverable

ROUTES = {"+86": ("aliyun", "tencent"), "+861": ("tencent",), "+1": ("vonage",), "*": ("twilio",)}
SOON, LATER = timedelta(seconds=5), timedelta(hours=1)
REFUSALS = st.one_of(
    st.builds(Undeliverable, st.just("no")),
    st.builds(
        Retry,
        st.just("wait"),
        st.sampled_from([None, SOON, LATER]),
        st.sampled_from([None, 1, 3]),
        st.booleans(),
    ),
)


@pytest.mark.parametrize(
    ("number", "carriers"),
    [
        ("+8621", ("aliyun", "tencent")),
        ("+8613800138000", ("tencent",)),
        ("+15550100", ("vonage",)),
        ("+4420", ("twilio",)),
        ("*", ("twilio",)),
    ],
)
def test_longest_prefix_wins(number: str, carriers: tuple[str, ...]) -> None:
    assert find_route(ROUTES, {}, number) == carriers


def test_number_without_route_has_no_carrier() -> None:
    assert find_route({"+86": ("aliyun",)}, {"tencent": "+86"}, "+4420") == ()


def test_without_routes_vendors_at_home_come_first_and_elsewhere_not_at_all() -> None:
    homes = {"vonage": "", "twilio": "", "tencent": "+86", "aliyun": "+86"}
    assert find_route({}, homes, "+8613800138000") == ("aliyun", "tencent", "twilio", "vonage")
    assert find_route({}, homes, "+4420") == ("twilio", "vonage")
    assert find_route({"+86": ("vonage",)}, homes, "+4420") == ("twilio", "vonage")


def test_refused_by_all_for_good_is_dead_with_every_reason() -> None:
    assert join_refusals([Undeliverable("a"), Undeliverable("b")]) == Undeliverable("a; b")


def test_one_hope_is_enough_to_try_again() -> None:
    joined = join_refusals([Undeliverable("a"), Retry("b", after=LATER, at_most=3, down=True)])
    assert joined == Retry("a; b", after=LATER, at_most=3, down=False)


@given(st.lists(REFUSALS, min_size=1, max_size=4))
def test_message_is_tried_again_as_soon_and_as_often_as_any_carrier_allows(
    refused: list[Retry | Undeliverable],
) -> None:
    joined = join_refusals(refused)
    hopes = [one for one in refused if isinstance(one, Retry)]
    assert isinstance(joined, Retry) is bool(hopes)
    if isinstance(joined, Retry):
        assert all(
            (joined.after or timedelta(0)) <= (one.after or joined.after or LATER) for one in hopes
        )
        assert (joined.after is None) is any(one.after is None for one in hopes)
        assert (joined.at_most is None) is any(one.at_most is None for one in hopes)
        assert joined.down is all(isinstance(one, Retry) and one.down for one in refused)
