"""Versions of policies, with a configuration in which every option is set."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from gateway.escalation.sla_rules import SlaRules
from gateway.settings import load
from gateway.sla.policy import digest

EVERY = """
[sla]
default = "all"

[sla.calendars.night]
zone = "Asia/Shanghai"
holidays = "CN"
closed = ["2026-12-31"]
open = ["2027-01-01"]
hours = { mon = ["22:00-06:00"], sat = ["09:00-12:00"] }

[sla.policies.all]
calendar = "night"
warn_at = [0.5, 0.9]
auto_close_after = "2wd4h"

[sla.policies.all.targets]
1 = { response = "5m", desk = "5m", tier2 = "10m", escalated = "15m", overall = "30m" }
2 = { response = "1wd", overall = "2wd" }
3 = { overall = "3wd" }
4 = { overall = "1wd4h" }

[[sla.use]]
policy = "all"
kinds = ["incident"]
services = ["shop"]
sources = ["zabbix"]
priorities = [1, 2]

[sla.services.shop]
policy = "all"
targets = { 1 = { desk = "1m", overall = "1wd" } }

[escalation]
acknowledgement_lasts = "30m"

[[escalation.management]]
priorities = [1, 2, 3, 4]
notify = ["incident_manager", "leader"]
on = ["opened", "warning", "breach"]
policies = ["all"]
kinds = ["incident", "service_request"]
after = "1h"
repeat = "5m"
until = "acknowledged"
"""


def sections(value: object) -> Iterator[msgspec.Struct]:
    """Yield every section of a configuration, at any depth."""
    if isinstance(value, msgspec.Struct):
        yield value
        for field in msgspec.structs.fields(value):
            yield from sections(getattr(value, field.name))
    for inner in (
        value.values()
        if isinstance(value, Mapping)
        else value
        if isinstance(value, tuple | list)
        else ()
    ):
        yield from sections(inner)


def test_policy_version_changes_with_each_duration(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(EVERY)
    read = load(tmp_path / "gateway.toml", {})
    left_out: dict[type, set[str]] = defaultdict(set)
    given: dict[type, set[str]] = defaultdict(set)
    for section in (*sections(read.sla), *sections(read.escalation)):
        for field in msgspec.structs.fields(section):
            default = field.default_factory() if callable(field.default_factory) else field.default
            (left_out if getattr(section, field.name) == default else given)[type(section)].add(
                field.name
            )
    assert {
        kind: names - given[kind] for kind, names in left_out.items() if names - given[kind]
    } == {}
    before = SlaRules.from_settings(read).versions(["gone"])
    assert before["gone"] == before["all"]
    for length in ("5m", "30m", "1h", "2wd4h"):
        (tmp_path / "gateway.toml").write_text(EVERY.replace(f'"{length}"', '"59m"'))
        changed = SlaRules.from_settings(load(tmp_path / "gateway.toml", {})).versions(())
        assert changed["all"] != before["all"], length


def test_object_without_plain_form_has_no_digest() -> None:
    with pytest.raises(NotImplementedError, match="object has no digest"):
        digest(object())
