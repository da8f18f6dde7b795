from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.graph import find_cycle

NODES = st.integers(0, 12).map(str)
GRAPHS = st.dictionaries(NODES, st.lists(NODES, max_size=4, unique=True), max_size=13)


@given(GRAPHS)
def test_reported_cycle_is_a_cycle(edges: dict[str, list[str]]) -> None:
    if found := find_cycle(edges):
        assert found[0] == found[-1]
        assert all(later in edges[earlier] for earlier, later in pairwise(found))


@given(GRAPHS)
def test_no_cycle_is_reported_exactly_for_acyclic_graphs(edges: dict[str, list[str]]) -> None:
    left = {node: set(upstream) for node, upstream in edges.items()}
    while leaves := {node for node, upstream in left.items() if not upstream & left.keys()}:
        left = {node: upstream for node, upstream in left.items() if node not in leaves}
    assert bool(find_cycle(edges)) == bool(left)


def test_long_chain_needs_no_deep_recursion() -> None:
    chain = {str(n): [str(n + 1)] for n in range(20_000)}
    assert find_cycle(chain) == ()
    assert len(find_cycle(chain | {"20000": ["0"]})) == 20_002
