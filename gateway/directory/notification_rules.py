"""The rules of people in the database: by which methods they are told, in order, and when."""

from collections.abc import Mapping, Sequence

from gateway.db.pool import Connection
from gateway.directory.contact_methods import methods_of_id, person_id_of
from gateway.directory.reach import RuleStep
from gateway.errors import Flaw, Unprocessable

URGENT, NORMAL = "urgent", "normal"

FORGET = "DELETE FROM notification_rule WHERE person_id = $1"
WRITE = """
INSERT INTO notification_rule (person_id, urgent, position, method_id, after_s)
SELECT $1, $2, t.position, t.method_id, t.after_s
FROM unnest($3::bigint[], $4::int[]) WITH ORDINALITY AS t(method_id, after_s, position)
"""


def rule_flaws(rules: Mapping[str, Sequence[RuleStep]], methods: Sequence[int]) -> tuple[Flaw, ...]:
    """Return what is wrong with the rules of a person who has these methods."""
    found: list[Flaw] = []
    for name, steps in rules.items():
        seen: set[int] = set()
        for place, step in enumerate(steps):
            where = f"/{name}/{place}"
            if step.method_id not in methods:
                found.append(Flaw(f"{where}/method", "the person has no contact method of this id"))
            elif step.method_id in seen:
                found.append(Flaw(f"{where}/method", "is named once only"))
            seen.add(step.method_id)
            if place == 0 and step.after:
                found.append(Flaw(f"{where}/after_s", "the first step is taken at once: write 0"))
    return tuple(found)


async def replace_rules(
    conn: Connection, login: str, rules: Mapping[str, Sequence[RuleStep]]
) -> None:
    """Replace the rules of a person; an empty one is the default.

    Raises NotFound, and Unprocessable for a method that is not theirs.
    """
    person_id = await person_id_of(conn, login, lock=True)
    methods = [one.id for one in await methods_of_id(conn, person_id)]
    if found := rule_flaws(rules, methods):
        raise Unprocessable("the rules cannot be used", flaws=found)
    await conn.execute(FORGET, person_id)
    for name, steps in rules.items():
        ids = [step.method_id for step in steps]
        after = [int(step.after.total_seconds()) for step in steps]
        await conn.execute(WRITE, person_id, name == URGENT, ids, after)
