"""GitHub: failed workflows of the default branch, failed deployments, and scanner findings.

https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits, signatures
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

FIRING, RESOLVED = AlertStatus.FIRING, AlertStatus.RESOLVED
RUN = {"failure": FIRING, "timed_out": FIRING, "startup_failure": FIRING, "success": RESOLVED}
DEPLOYMENT = {"failure": FIRING, "error": FIRING, "success": RESOLVED}
FOUND = ("created", "reopened", "reopened_by_user", "reintroduced", "auto_reopened")
GONE = ("fixed", "dismissed", "auto_dismissed", "closed_by_user", "resolved")
RUNNING = ("requested", "in_progress")
QUIET_RUNS = ("action_required", "cancelled", "neutral", "skipped", "stale", "")
QUIET_DEPLOYMENTS = ("inactive", "in_progress", "pending", "queued", "waiting")
QUIET_SCANS = (
    "appeared_in_branch",
    "assigned",
    "assignees_changed",
    "unassigned",
    "updated_assignment",
    "validated",
)
"""Known harmless values; any other value of a run, a deployment or a finding is an alert."""

SCAN = {**dict.fromkeys(FOUND, FIRING), **dict.fromkeys(GONE, RESOLVED)}
PREFIX = "sha256="


class Named(msgspec.Struct, frozen=True):
    """A repository, account or organization; only one of its fields is set."""

    full_name: str = ""
    login: str = ""
    default_branch: str = ""


class Run(msgspec.Struct):
    """One run of a workflow."""

    workflow_id: int
    name: str | None = None
    conclusion: str | None = None
    head_branch: str | None = None
    head_repository: Named | None = None
    html_url: str | None = None
    updated_at: str | None = None
    display_title: str | None = None


class Deployed(msgspec.Struct):
    """The status of a deployment."""

    state: str
    environment: str = ""
    description: str | None = None
    target_url: str | None = None
    log_url: str | None = None
    updated_at: str | None = None


class Rule(msgspec.Struct, frozen=True):
    """A rule of code scanning."""

    description: str | None = None
    severity: str | None = None
    security_severity_level: str | None = None


class Advisory(msgspec.Struct, frozen=True):
    """An advisory about a dependency."""

    summary: str | None = None
    severity: str | None = None


class Finding(msgspec.Struct):
    """The finding of a scanner.

    It has a `rule` for code, a `security_advisory` for dependencies, a `secret_type` for
    secrets.
    """

    number: int
    rule: Rule | None = None
    security_advisory: Advisory | None = None
    secret_type: str | None = None
    html_url: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Hook(msgspec.Struct):
    """The body of a request; the fields that are present tell which kind of event it is."""

    action: str = ""
    repository: Named = Named()
    organization: Named | None = None
    workflow_run: Run | None = None
    deployment_status: Deployed | None = None
    alert: Finding | None = None


def verify(delivery: WebhookDelivery, intake: SourceSettings) -> None:
    """Verify the HMAC-SHA256 of the body, if there are secrets; no time is signed.

    Raises Unauthenticated.
    """
    if intake.secrets:
        given = signatures.from_hex(
            delivery.headers.get("x-hub-signature-256", "").removeprefix(PREFIX)
        )
        signatures.require_match(signatures.encode_secrets(intake.secrets), delivery.body, [given])


@dataclass(frozen=True, slots=True)
class Told:
    """The content of an event of any kind; `when` is a time and the pointer to it."""

    key: str
    status: AlertStatus
    title: str
    description: str | None
    severity: str | None
    href: str | None
    when: tuple[str | None, str]
    labels: Mapping[str, str | None]


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return at most one alert; raises Malformed.

    The delivery is identified by its body, since only that is signed; a repeated delivery has
    the same body.
    """
    hook = limits.decode(delivery.body, Hook)
    if not hook.repository.full_name and hook.organization is None:
        raise limits.build_malformed(
            "/repository/full_name", "this names neither a repository nor an organization"
        )
    told = _told(hook)
    alerts = () if told is None else ((0, _alert(told, hook.repository.full_name, delivery)),)
    ignored = () if alerts else ((0, f"no alert: {limits.cut(hook.action, 40)}"),)
    owner, organization = hook.repository.full_name.partition("/")[0], hook.organization or Named()
    accounts = dict.fromkeys(
        name for name in (hook.repository.full_name, owner, organization.login) if name
    )
    return ParsedDelivery(
        alerts,
        ignored=ignored,
        delivery_id="github:" + sha256(delivery.body).hexdigest(),
        accounts=tuple(accounts),
    )


def _told(hook: Hook) -> Told | None:
    if hook.workflow_run is not None and hook.action not in RUNNING:
        return _run(hook.workflow_run, hook.repository)
    if hook.deployment_status is not None:
        return _deployment(hook.deployment_status)
    if hook.alert is not None and hook.action not in QUIET_SCANS:
        return _finding(hook.action, hook.alert)
    return None


def _run(run: Run, repository: Named) -> Told | None:
    """Return a run on the default branch of the repository itself, None for any other.

    Runs on people's branches fail all day.
    """
    status = RUN.get(run.conclusion or "", FIRING)
    ours = run.head_repository is None or run.head_repository.full_name == repository.full_name
    if (
        (run.conclusion or "") in QUIET_RUNS
        or not ours
        or run.head_branch != repository.default_branch
    ):
        return None
    key, labels = (
        limits.number(run.workflow_id, "/workflow_run/workflow_id"),
        {"branch": run.head_branch, "workflow": run.name},
    )
    title, when = f"Workflow {run.name or key} failed", (run.updated_at, "/workflow_run/updated_at")
    return Told(
        f"workflow/{key}", status, title, run.display_title, "error", run.html_url, when, labels
    )


def _deployment(deployed: Deployed) -> Told | None:
    if deployed.state in QUIET_DEPLOYMENTS:
        return None
    status = DEPLOYMENT.get(deployed.state, FIRING)
    where, href = deployed.environment or "production", deployed.log_url or deployed.target_url
    title, labels = f"Deployment to {where} failed", {"environment": where}
    when = (deployed.updated_at, "/deployment_status/updated_at")
    return Told(
        f"deployment/{where}", status, title, deployed.description, "error", href, when, labels
    )


def _finding(action: str, alert: Finding) -> Told:
    kind, summary, severity = _scanner(alert)
    number = limits.number(alert.number, "/alert/number")
    new = action == "created"
    when = (
        (alert.created_at, "/alert/created_at") if new else (alert.updated_at, "/alert/updated_at")
    )
    title, labels = summary or f"{kind} alert {number}", {"scanner": kind}
    return Told(
        f"{kind}/{number}",
        SCAN.get(action, FIRING),
        title,
        None,
        severity,
        alert.html_url,
        when,
        labels,
    )


def _scanner(alert: Finding) -> tuple[str, str | None, str | None]:
    """Return the name of the scanner, the summary of the finding, and its severity."""
    if alert.security_advisory is not None:
        return "dependabot", alert.security_advisory.summary, alert.security_advisory.severity
    if alert.rule is not None:
        rule = alert.rule
        return "code-scanning", rule.description, rule.security_severity_level or rule.severity
    return (
        "secret-scanning",
        f"Secret found: {alert.secret_type}" if alert.secret_type else None,
        "high",
    )


def _alert(told: Told, repository: str, delivery: WebhookDelivery) -> Alert:
    labels = {**told.labels, "repository": repository}
    return Alert(
        namespace="github",
        dedup_key=limits.key(f"{repository}/{told.key}", "/repository/full_name"),
        status=told.status,
        title=limits.cut(f"{repository}: {told.title}", limits.TITLE),
        description=limits.cut(told.description or "", limits.DESCRIPTION),
        severity=limits.cut(told.severity or "", limits.KEY),
        service=limits.cut(repository.rpartition("/")[2], limits.KEY),
        labels=limits.labels({name: value for name, value in labels.items() if value}),
        links=limits.links([(told.href or "", "GitHub")]),
        event_time=limits.parse_event_time(told.when[0], delivery.received_at, told.when[1]),
    )


SOURCE = Source(
    "github",
    "GitHub",
    parse,
    {"": Hook},
    verify=verify,
    identity_pointers=(
        "/repository/full_name",
        "/workflow_run/workflow_id",
        "/alert/number",
        "/action",
        "/deployment_status/state",
        "/workflow_run/conclusion",
        "/workflow_run/head_branch",
        "/workflow_run/head_repository/full_name",
        "/repository/default_branch",
    ),
)
