"""Calls of a running gateway by the generated client, with typed bodies and answers.

Runs in the environment of the generated client, without the packages of the gateway.
"""

import importlib
import sys
from typing import Any

CLIENT = "gateway_client"


def main(url: str, admin: str, ingest: str) -> None:
    """Call one operation after the other; raises at the first that fails."""
    package = importlib.import_module(CLIENT)
    people = Calls(package.AuthenticatedClient(base_url=url, token=admin))
    machine = Calls(package.AuthenticatedClient(base_url=url, token=ingest))
    models = importlib.import_module(f"{CLIENT}.models")
    work = "work_on_records.post_incidents_number"
    tier = models.GroupTier("tier2")
    people(
        "people.post_groups", body=models.NewGroup(slug="databases", name="Databases", tier=tier)
    )
    made = people("records.post_incidents", body=models.NewIncident(title="Orders cannot be paid"))
    number = made.number
    given = models.Assign(group="databases", note="theirs")
    moved = people(f"{work}_assign", number=number, body=given)
    check(moved.incident.assignee_group == "databases", "the group is not in the answer")
    people(f"{work}_note", number=number, body=models.Note(note="looked at the log"))
    changed = people("records.patch_incidents_number", number=number, body=models.Patch(ci="db1"))
    check(changed.ci == "db1", "the change is not in the answer")
    seen = people("records.get_incidents_number", number=number)
    check(seen.state == "assigned", f"the state is {seen.state}")
    listed = people("records.get_incidents", limit=5, tier=["2"])
    check([one.number for one in listed.incidents] == [number], "the list does not have it")
    people("records.get_incidents_number_timeline", number=number)
    check(bool(people("change_feed.get_changes", limit=10).changes), "no change is in the feed")
    people("monitors.get_monitors")
    people("quarantine.get_quarantine")
    people("service_levels.get_incidents_number_sla", number=number)
    alert = {"title": "Disk full", "severity": "critical"}
    machine("alerts_in.post_ingest_source", typed=False, source="generic", body=alert)
    machine("operation.get_readyz", typed=False)
    print(f"{people.count + machine.count} calls were answered as described")


def check(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - the condition itself
    """Raise AssertionError with this message unless the condition holds."""
    if not holds:
        raise AssertionError(otherwise)


class Calls:
    """The operations of a generated client, called with one key."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.count = 0

    def __call__(self, name: str, *, typed: bool = True, **arguments: Any) -> Any:
        """Return the typed answer of an operation; raises AssertionError unless it succeeded."""
        operation = importlib.import_module(f"{CLIENT}.api.{name}")
        answer = operation.sync_detailed(client=self._client, **arguments)
        if answer.status_code // 100 != 2:
            raise AssertionError(f"{name}: {answer.status_code} {answer.content[:500]!r}")
        if typed and answer.parsed is None:
            raise AssertionError(f"{name}: the answer has no type")
        self.count += 1
        return answer.parsed


if __name__ == "__main__":
    main(*sys.argv[1:])
