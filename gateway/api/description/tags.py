"""Groups of operations (OpenAPI tags), one for each area of the work. Pure."""

import re

TAGS = {
    "Records": "Make, list, read and correct incidents and service requests.",
    "Work on records": "Actions on a record, from accepting it to closing it.",
    "Links": "Links between records, and to records of other systems.",
    "Files": "Files that are kept with a record.",
    "Major incidents": "Status updates, reports and the people who must be notified.",
    "Reporters": "The API for reporters, by a signed link or from an app.",
    "Change feed": "Every change of every record, without gaps.",
    "Service levels": "The SLA clocks of records, and a preview of configuration edits.",
    "Knowledge": "Articles, similar records and candidates for problems.",
    "Quarantine": (
        "Requests that could not be parsed and mail that was set aside, "
        "with mappings to repair them."
    ),
    "Catalogue": "Services, configuration items and the fields that the configuration adds.",
    "People": "People, groups, contact methods and subscribed browsers.",
    "Shifts": "Rosters, and hand-overs from one shift to the next.",
    "On-call": "On-call schedules, who is on call or away, overrides, swaps and calendars.",
    "Escalation": "Who is called about a record, step by step; recipients of roles, and routing.",
    "Messages": "The words of messages, and what was sent.",
    "Monitors": "Monitors of jobs that must ping in time.",
    "Keys and sessions": "Signing in, and the keys of people and machines.",
    "Alerts in": "Endpoints for the alerts of monitoring tools.",
    "Mail, calls and chat in": (
        "Endpoints for messages and calls from vendors of mail, telephony and chat."
    ),
    "Alertmanager API": "Alerts and silences for clients of Alertmanager.",
    "Opsgenie API": "Alerts and heartbeats for clients of Opsgenie.",
    "Operation": "Health, metrics and this description.",
}
"""Each group with its description, in the order of the document."""

RECORD = r"/api/v1/incidents/\{number\}"
AREAS = tuple(
    (re.compile(pattern), tag)
    for pattern, tag in (
        (RECORD + r"/attachments", "Files"),
        (RECORD + r"/(un)?link$", "Links"),
        (RECORD + r"/(refuse_link|follow_on|related|linked|refs)", "Links"),
        (RECORD + r"/(leader_told|acknowledge_escalation|updates|subscribers|report|declare_major)",
         "Major incidents"),
        (RECORD + r"/(invite|complaints)", "Reporters"),
        (RECORD + r"/sla", "Service levels"),
        (RECORD + r"/(similar|publish)", "Knowledge"),
        (RECORD + r"(/(timeline|alerts|notifications))?$", "Records"),
        (RECORD + "/", "Work on records"),
        (r"/api/v1/incidents/bulk", "Work on records"),
        (r"/api/v1/incidents", "Records"),
        (r"/api/v1/(mine/|complaints)|/ingest/app", "Reporters"),
        (r"/api/v1/changes", "Change feed"),
        (r"/api/v1/sla/", "Service levels"),
        (r"/api/v1/(articles|problem-candidates)", "Knowledge"),
        (r"/api/v1/(quarantine|mappings|set_aside|receipts)", "Quarantine"),
        (r"/api/v1/(services|cis|fields)", "Catalogue"),
        (r"/api/v1/(keys|me/keys|login|logout|me$|me/password|people/\{login\}/password$)",
         "Keys and sessions"),
        (r"/api/v1/(groups/\{slug\}/roster|handovers)", "Shifts"),
        (r"/api/v1/(schedules|on-call)|/calendar/", "On-call"),
        (r"/api/v1/(people/\{login\}|me)/(absences|calendar)", "On-call"),
        (r"/api/v1/(people|groups|me/)", "People"),
        (r"/api/v1/(policies|recipients|routing)", "Escalation"),
        (r"/api/v1/(templates|messages)", "Messages"),
        (r"/api/v1/monitors|/ping/", "Monitors"),
        (r"/ingest/(email|phone|chat)/", "Mail, calls and chat in"),
        (r"/v2/(alerts|heartbeats)", "Opsgenie API"),
        (r"(/ingest/alertmanager/\{key\})?/(-/|api/v2/(status|receivers|silences?))",
         "Alertmanager API"),
        (r"POST (/ingest/alertmanager/\{key\})?/api/v2/alerts$", "Alerts in"),
        (r"(/ingest/alertmanager/\{key\})?/api/v2/alerts", "Alertmanager API"),
        (r"/(ingest|api/v2|v2|generic|integrations|process-event)\b", "Alerts in"),
        (r"/(report|my/)", "Reporters"),
        (r"/r/", "Records"),
        (r"/push/", "People"),
        (r"/(problems|runbooks)/", "Operation"),
        (r"/(healthz|readyz|metrics|openapi\.json|docs)$", "Operation"),
    )
)  # fmt: skip
"""Patterns of paths, or of methods and paths, with their groups; the first match counts."""


def tag_of(path: str, method: str) -> str:
    """Return the group of an operation of the document; raises LookupError where there is none."""
    for pattern, area in AREAS:
        if pattern.match(path) or pattern.match(f"{method} {path}"):
            return area
    raise LookupError(f"no group of operations has the path {path}")
