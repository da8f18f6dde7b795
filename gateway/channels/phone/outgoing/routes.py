"""The order of carriers for a telephone number, and the result of their refusals. Pure."""

from collections.abc import Mapping, Sequence

from gateway.notify.message import Retry, Undeliverable

ANYWHERE = "*"
"""The route of numbers that no prefix fits."""


def find_route(
    routes: Mapping[str, Sequence[str]], homes: Mapping[str, str], number: str
) -> tuple[str, ...]:
    """Return the carriers for a number in E.164, the first first.

    They are those of the longest prefix of the routes that fits. Without one, carriers whose
    `homes` prefix is the number's come first, then those that are at home anywhere.
    """
    fitting = (prefix for prefix in routes if prefix != ANYWHERE and number.startswith(prefix))
    chosen = max(fitting, key=len, default=ANYWHERE)
    if chosen in routes:
        return tuple(routes[chosen])
    near = sorted(name for name, home in homes.items() if home and number.startswith(home))
    return (*near, *sorted(name for name, home in homes.items() if not home))


def join_refusals(refused: Sequence[Retry | Undeliverable]) -> Retry | Undeliverable:
    """Return the result of a message that no carrier took, from why each did not.

    It is tried again as soon, and as often, as the most patient of them allows. Their endpoint
    is down only if each of them is.
    """
    reason = "; ".join(one.reason for one in refused)
    hopes = [one for one in refused if isinstance(one, Retry)]
    if not hopes:
        return Undeliverable(reason)
    pauses = [one.after for one in hopes if one.after is not None]
    tries = [one.at_most for one in hopes if one.at_most is not None]
    return Retry(
        reason,
        after=min(pauses) if len(pauses) == len(hopes) else None,
        at_most=max(tries) if len(tries) == len(hopes) else None,
        down=len(hopes) == len(refused) and all(one.down for one in hopes),
    )
