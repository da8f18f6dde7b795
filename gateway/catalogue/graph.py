"""Detection of cycles in a dependency graph. Pure."""

from collections.abc import Iterable, Mapping

Edges = Mapping[str, Iterable[str]]
"""The items that each configuration item depends on, by name."""


def find_cycle(edges: Edges) -> tuple[str, ...]:
    """Return a cycle of dependencies, with its first item again at its end; () if there is none.

    It is iterative: a deep graph needs no deep stack.
    """
    done: set[str] = set()
    for start in edges:
        if found := _from(start, edges, done):
            return found
    return ()


def _from(start: str, edges: Edges, done: set[str]) -> tuple[str, ...]:
    if start in done:
        return ()
    path, ahead = {start: None}, [iter(edges.get(start, ()))]
    while ahead:
        following = next(ahead[-1], None)
        if following is None:
            ahead.pop()
            done.add(path.popitem()[0])
        elif following in path:
            names = list(path)
            return (*names[names.index(following) :], following)
        elif following not in done:
            path[following] = None
            ahead.append(iter(edges.get(following, ())))
    return ()
