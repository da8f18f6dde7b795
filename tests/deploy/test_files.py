"""Tests of the deployment files: the ports, paths and settings they name exist."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from gateway.settings import load
from gateway.supervisor.decisions import BEAT_TIMEOUT, GRACE, LONGEST_PAUSE

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SUFFIXES = ("*.yml", "*.yaml")


def read(path: str) -> Any:
    return yaml.safe_load((DEPLOY / path).read_text("utf-8"))


def tool(name: str) -> str:
    found = shutil.which(
        name, path=os.pathsep.join((os.environ.get("GATEWAY_E2E_BIN", ""), os.environ["PATH"]))
    )
    if found is None:
        pytest.skip(f"no {name} in GATEWAY_E2E_BIN or PATH")
    return found


def texts() -> dict[str, str]:
    paths = [
        path
        for path in (*DEPLOY.rglob("*"), *(ROOT / "grafana").rglob("*.y*ml"))
        if path.is_file() and "secrets" not in path.parts
    ]
    return {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in paths}


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read("compose.yaml")["services"]
    return found


def reachable() -> set[str]:
    """Return host:port of every service in the compose file that others connect to."""
    ports = {
        "postgres": 5432,
        "valkey": 6379,
        "prometheus": 9090,
        "alertmanager": 9093,
        "grafana": 3000,
    }
    exposed = int(
        re.findall(r"^EXPOSE (\d+)$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)[0]
    )
    return {f"{name}:{ports.get(name, exposed)}" for name in services()}


@pytest.mark.parametrize(
    "path",
    sorted(p for s in SUFFIXES for top in ("deploy", "grafana") for p in (ROOT / top).rglob(s)),
    ids=lambda p: p.name,
)
def test_every_yaml_file_parses(path: Path) -> None:
    assert yaml.safe_load(path.read_text("utf-8"))


def test_container_images_are_pinned() -> None:
    for name, service in services().items():
        assert "build" in service or re.fullmatch(
            r"[a-z]+(/[a-z]+)?:v?\d[\w.-]*", service["image"]
        ), name
    assert (
        re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
        == ["python:3.11-slim-bookworm"] * 2
    )


def test_mounted_files_and_volumes_exist() -> None:
    for service in services().values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).resolve().exists()
            assert source.startswith(".") or source in read("compose.yaml")["volumes"]


def test_used_secrets_are_declared_and_documented() -> None:
    declared = set(read("compose.yaml")["secrets"])
    used = {secret for service in services().values() for secret in service.get("secrets", ())}
    mentioned = {
        name for text in texts().values() for name in re.findall(r"/run/secrets/(\w+)", text)
    }
    assert used == declared
    assert mentioned <= declared
    assert all(name in (DEPLOY / "README.md").read_text("utf-8") for name in declared)


def test_secrets_are_mounted_where_they_are_read() -> None:
    prometheus, alertmanager = (
        read("prometheus/prometheus.yml"),
        read("alertmanager/alertmanager.yml"),
    )
    for name, document in (("prometheus", prometheus), ("alertmanager", alertmanager)):
        assert {f"/run/secrets/{s}" for s in services()[name]["secrets"]} == set(
            re.findall(r"/run/secrets/\w+", str(document))
        )


def test_published_ports_are_local_and_match_container_ports() -> None:
    for name, service in services().items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")
            assert f"{name}:{port.rpartition(':')[2]}" in reachable()


def test_monitoring_targets_match_compose_services() -> None:
    prometheus = read("prometheus/prometheus.yml")
    targets = [
        t
        for part in (*prometheus["scrape_configs"], *prometheus["alerting"]["alertmanagers"])
        for c in part["static_configs"]
        for t in c["targets"]
    ]
    hooks = [
        hook["url"]
        for receiver in read("alertmanager/alertmanager.yml")["receivers"]
        for hook in receiver["webhook_configs"]
    ]
    assert {*targets, *(urlsplit(hook).netloc for hook in hooks)} <= reachable()
    assert {urlsplit(hook).path for hook in hooks} == {"/ingest/alertmanager"}
    datasource = yaml.safe_load(
        (ROOT / "grafana/provisioning/datasources/prometheus.yml").read_text("utf-8")
    )["datasources"][0]
    assert urlsplit(datasource["url"]).netloc in reachable()


def test_prometheus_knows_gateway_url_and_image_contains_runbooks() -> None:
    prometheus = read("prometheus/prometheus.yml")
    assert prometheus["global"]["external_labels"] == {"gateway_url": gateway_url()}
    dropped = prometheus["alerting"]["alert_relabel_configs"]
    assert dropped == [{"action": "labeldrop", "regex": "gateway_url"}]
    image = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert "COPY docs/runbooks /app/docs/runbooks\n" in image
    assert "!docs/runbooks" in (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()


def gateway_url() -> str:
    return str(services()["gateway-1"]["environment"]["GATEWAY_SERVER__EXTERNAL_URL"])


def test_prometheus_does_not_mix_gateway_and_alertmanager_receivers() -> None:
    receivers = [
        target.split(":")[0]
        for one in read("prometheus/prometheus.yml")["alerting"]["alertmanagers"]
        for config in one["static_configs"]
        for target in config["targets"]
    ]
    gateways = [name for name in receivers if name.startswith("gateway")]
    assert receivers
    assert not gateways or gateways == receivers


def test_rules_and_dashboards_are_mounted_at_configured_paths() -> None:
    rules = [v for v in services()["prometheus"]["volumes"] if v.startswith("../grafana/rules:")]
    assert read("prometheus/prometheus.yml")["rule_files"] == [f"{rules[0].split(':')[1]}/*.yml"]
    provider = yaml.safe_load(
        (ROOT / "grafana/provisioning/dashboards/gateway.yml").read_text("utf-8")
    )["providers"][0]
    mounts = [v.split(":")[1] for v in services()["grafana"]["volumes"]]
    assert provider["options"]["path"] in mounts
    home = services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / "grafana/dashboards" / Path(home).name).exists()


def environments() -> dict[str, dict[str, str]]:
    docker = dict(re.findall(r"(GATEWAY_\w+)=(\S+)", (DEPLOY / "Dockerfile").read_text("utf-8")))
    service = re.findall(
        r"^Environment=(\w+)=(.*)$",
        (DEPLOY / "systemd/incident-gateway.service").read_text("utf-8"),
        re.MULTILINE,
    )
    named = {
        name: service["environment"]
        for name, service in services().items()
        if name.startswith("gateway")
    }
    return {"Dockerfile": docker, "systemd": dict(service), **named}


@pytest.mark.parametrize("where", ["Dockerfile", "systemd", "gateway-1", "gateway-2"])
def test_deployed_environment_variables_are_settings(where: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("postgresql://postgres/gateway", "utf-8")
    environ = {
        n: str(secret) if n.endswith("_FILE") else v
        for n, v in environments()[where].items()
        if n != "GATEWAY_CONFIG"
    }
    assert environ
    settings = load(DEPLOY / "gateway.toml", environ)
    assert settings.server.port == 8080
    if where != "Dockerfile":
        assert settings.database.url == settings.audit.key == "postgresql://postgres/gateway"


def test_uncommented_example_configuration_is_valid_toml() -> None:
    text = (DEPLOY / "gateway.toml").read_text("utf-8")
    bare = re.sub(r'^# (\w+ = [\["].*)$', r"\1", text, flags=re.MULTILINE)
    assert tomllib.loads(bare)["notify"]["smtp"]["host"]


def test_image_installs_hash_pinned_packages_and_runs_unprivileged() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert "--require-hashes" in text
    assert "requirements.txt" in text
    assert re.search(r"^USER \d{5}:\d{5}$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    assert ignored[0] == "*"
    assert {"!gateway", "!requirements.txt"} <= set(ignored)


def test_systemd_unit_is_hardened() -> None:
    text = (DEPLOY / "systemd/incident-gateway.service").read_text("utf-8")
    for line in (
        "DynamicUser=yes",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "PrivateDevices=yes",
        "SystemCallFilter=@system-service",
        "Restart=always",
    ):
        assert f"\n{line}\n" in text


def test_systemd_watchdog_exceeds_supervisor_restart_time() -> None:
    text = (DEPLOY / "systemd/incident-gateway.service").read_text("utf-8")
    unit = dict(re.findall(r"^(\w+)=(.+)$", text, re.MULTILINE))
    assert (unit["Type"], unit["NotifyAccess"], unit["KillMode"]) == ("notify", "main", "mixed")
    assert float(unit["WatchdogSec"]) > BEAT_TIMEOUT + GRACE + LONGEST_PAUSE
    assert unit["LimitCORE"] == "0", "a core file holds secrets"


def test_promtool_accepts_prometheus_configuration(tmp_path: Path) -> None:
    text = (DEPLOY / "prometheus/prometheus.yml").read_text("utf-8")
    (tmp_path / "key").write_text("key", "utf-8")
    text = text.replace("/etc/prometheus/rules", str(ROOT / "grafana/rules")).replace(
        "/run/secrets/ingest_key", str(tmp_path / "key")
    )
    (tmp_path / "prometheus.yml").write_text(text, "utf-8")
    check(tool("promtool"), "check", "config", str(tmp_path / "prometheus.yml"))


def test_amtool_accepts_alertmanager_configuration() -> None:
    check(tool("amtool"), "check-config", str(DEPLOY / "alertmanager/alertmanager.yml"))


def check(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_image_context_contains_only_needed_files() -> None:
    ignored, *kept = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    assert ignored == "*"
    assert {line for line in kept if line.startswith("!")} == {
        "!gateway",
        "!docs/runbooks",
        "!requirements.txt",
    }
