from hypothesis import given
from hypothesis import strategies as st

from gateway.dedup.fingerprint import group_hash, key_hash

PARTS = st.tuples(st.integers(0, 2**31), st.text(), st.text())


@given(PARTS, PARTS)
def test_two_keys_share_a_hash_only_when_they_are_the_same(one: tuple[int, str, str], two: tuple[int, str, str]) -> None:
    assert (key_hash(*one) == key_hash(*two)) == (one == two)


@given(st.lists(st.text()), st.lists(st.text()))
def test_groups_share_a_hash_only_when_all_values_agree(one: list[str], two: list[str]) -> None:
    assert (group_hash("r", one) == group_hash("r", two)) == (one == two)


def test_moving_a_letter_between_parts_changes_the_hash() -> None:
    assert key_hash(1, "ab", "c") != key_hash(1, "a", "bc")


def test_a_hash_never_changes_between_releases() -> None:
    assert key_hash(7, "alertmanager", "f00d").hex() == "040aae9804fc123bb06c787b862652e3"
    assert len(group_hash("same service", ("web",))) == 16


def test_a_lone_surrogate_is_hashed() -> None:
    assert len(key_hash(1, "n", "\ud800")) == 16
