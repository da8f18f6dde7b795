"""The documentation agrees with the product."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from devtools.commands import COMMANDS
from gateway.api.description.paths import strip_patterns
from gateway.api.records.feed import ChangeFeed
from gateway.api.routes import list_routes
from gateway.channels.sections import SECTIONS
from gateway.observe.metrics import Metrics
from gateway.quarantine.difference import DifferenceKind
from gateway.quarantine.mapping import Mapping, check
from gateway.vocabulary import Outcome

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    ROOT / name
    for name in subprocess.check_output(["git", "ls-files", "*.md"], cwd=ROOT, text=True).split()
)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""The SHA-256 digest of the text at www.apache.org/licenses/LICENSE-2.0.txt."""
IN_TEXT = {
    "sla.policies.itil-minutes.targets",
    "sla.calendars.cn-office",
    "sla.policies.business-hours",
    "sla.policies.severity-ladder",
    "sla.policies.requests",
    "sla.use",
    "intake.azure.severity",
    "intake.generic.severity",
    "notify.recipients",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_have_targets(page: Path) -> None:
    missing = [
        target
        for target in LINK.findall(page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_documented_commands_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    source = (ROOT / "gateway" / "__main__.py").read_text("utf-8")
    of_gateway = set(re.findall(r'add_parser\(\s*"([\w-]+)"', source))
    of_gw = {command.name for command in COMMANDS} | of_gateway
    assert set(re.findall(r"python3 gw ([\w-]+)", text)) <= of_gw
    assert set(re.findall(r"python -m gateway ([\w-]+)", text)) <= of_gateway


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_readme_names_main_commands(name: str) -> None:
    asked = set(re.findall(r"python3 gw ([\w-]+)", (ROOT / name).read_text("utf-8")))
    assert {"dev", "test", "check", "bench"} <= asked


def test_contributing_lists_every_gw_command() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert {command.name for command in COMMANDS} <= set(re.findall(r"python3 gw ([\w-]+)", page))


def test_license_is_published_apache_2_text() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2


def settings(table: dict[str, Any], at: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        path = f"{at}{name}"
        if isinstance(value, dict) and path not in IN_TEXT:
            yield from settings(value, f"{path}.")
        elif path not in IN_TEXT:
            yield path, value


def test_every_setting_is_documented_with_default() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    shipped = tomllib.loads((ROOT / "gateway" / "defaults.toml").read_text("utf-8"))
    shipped["notify"] |= {
        name: msgspec.to_builtins(section()) for name, section in SECTIONS.items()
    }
    for path, value in settings(shipped):
        row = next((line for line in page.splitlines() if line.startswith(f"| `{path}` |")), "")
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        assert f"| `{shown}` |" in row or "| (empty) |" in row or "| see the file |" in row, path


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_item_outcome_is_documented_for_senders(name: str) -> None:
    page = (ROOT / "docs" / "sources" / name).read_text("utf-8")
    firsts = " ".join(line.split(" | ")[0] for line in page.splitlines() if line.startswith("| `"))
    assert [outcome for outcome in Outcome if f"`{outcome}`" not in firsts] == []


def test_every_metric_is_documented_with_meaning() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    for family in Metrics(CollectorRegistry()).registry.collect():
        assert f"| `{family.name}` | {family.type} | {family.documentation} |" in page


def test_every_metric_is_documented_with_labels() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    rows = re.findall(r"^\| `(gateway_\w+)` \| .* \|(.*)\|$", page, re.MULTILINE)
    shown = {name: re.findall(r"`(\w+)`", labels) for name, labels in rows}
    collectors = [
        one
        for registry in Metrics(CollectorRegistry()).registries
        for one in registry._collector_to_names
    ]
    metrics = [one for one in collectors if isinstance(one, MetricWrapperBase)]
    assert shown == {one._name: list(one._labelnames) for one in metrics}


def test_quarantine_page_matches_operations_kinds_and_mapping_steps() -> None:
    page = (ROOT / "docs" / "quarantine.md").read_text("utf-8")
    known = {
        (route.method, strip_patterns(route.path)): route for route in list_routes(ChangeFeed())
    }
    rows = re.findall(
        r"^\|.*\| `(GET|PUT|POST) (/api/v1/[\w/{}-]+)`.*\| (.*) \|$", page, re.MULTILINE
    )
    told = {
        (route.method, strip_patterns(route.path))
        for route in known.values()
        if re.match("/api/v1/(quarantine|mappings)/", route.path)
    }
    assert {(method, path) for method, path, _ in rows} >= {one for one in told if one[0] != "GET"}
    for method, path, needed in rows:
        assert (
            needed in {"the same", f"`{known[method, path].scope}`"}
            or f"`{known[method, path].scope}`, " in needed
        )
    assert {kind for kind in DifferenceKind if f"| `{kind}` |" in page} == set(DifferenceKind)
    (example,) = re.findall(r"-d '\n(.*?)'$", page, re.MULTILINE | re.DOTALL)
    check(msgspec.convert(msgspec.json.decode(example)["steps"], Mapping))
