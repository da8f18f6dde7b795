"""Contradictions of settings: flaws of what can be read but not used. Pure."""

import base64
import re

from dateutil.rrule import rrulestr

from gateway.errors import Flaw
from gateway.network.addresses import find_invalid_networks
from gateway.settings import address_flaws, chat_flaws, mail_flaws, phone_flaws
from gateway.settings.fields import flaws_of
from gateway.settings.intake import MaintenanceSettings, SourceSettings
from gateway.settings.sections import MOST_ITEMS, AttachmentSettings, Settings
from gateway.timing.zones import time_zone_names

CRITICALITIES = ("critical", "high", "normal", "low")
LEAST_STRANGER_BYTES = 524_288


def find_contradictions(settings: Settings) -> list[Flaw]:
    """Return the flaws of settings that can be read but not used."""
    flaws = [*_ways_in(settings), *_stores(settings.attachments), *flaws_of(settings.fields)]
    flaws += [*_form(settings), *address_flaws.flaws(settings), *settings.watch.flaws()]
    for word, bounds in settings.criticality.items():
        if word not in CRITICALITIES:
            flaws.append(Flaw(f"/criticality/{word}", f"there are {', '.join(CRITICALITIES)}"))
        if bounds.highest > bounds.lowest:
            flaws.append(
                Flaw(
                    f"/criticality/{word}",
                    "the highest priority is not below the lowest: 1 is the highest",
                )
            )
    for index, window in enumerate(settings.dedup.maintenance):
        flaws += [
            Flaw(f"/dedup/maintenance/{index}", problem) for problem in _window_problems(window)
        ]
    for name, policy in settings.sla.policies.items():
        if missing := {1, 2, 3, 4} - policy.targets.keys():
            flaws.append(
                Flaw(
                    f"/sla/policies/{name}/targets", f"no targets for priorities {sorted(missing)}"
                )
            )
        if any(not 0 < share < 1 for share in policy.warn_at) or len(set(policy.warn_at)) < len(
            policy.warn_at
        ):
            flaws.append(
                Flaw(f"/sla/policies/{name}/warn_at", "shares are distinct and lie between 0 and 1")
            )
    return flaws


def _form(settings: Settings) -> list[Flaw]:
    form, flaws = settings.form, []
    if form.zone not in time_zone_names():
        flaws.append(Flaw("/form/zone", "no such time zone: an IANA name such as Asia/Shanghai"))
    if not form.min_age < form.max_age < settings.retention.deliveries:
        flaws.append(
            Flaw(
                "/form/max_age", "is longer than form.min_age and shorter than retention.deliveries"
            )
        )
    return flaws


def _ways_in(settings: Settings) -> list[Flaw]:
    flaws = []
    oidc = settings.login.oidc
    if oidc.issuer and not oidc.client_id:
        flaws.append(
            Flaw("/login/oidc/client_id", "name the client that the provider knows the gateway as")
        )
    if oidc.issuer and not (oidc.redirect_url or settings.server.external_url):
        flaws.append(Flaw("/login/oidc/redirect_url", "set it, or server.external_url"))
    if (
        any(len(word) < 32 for word in settings.links.secret.split())
        or len(settings.links.secret.split()) > 2
    ):
        flaws.append(Flaw("/links/secret", "one secret or two, each of at least 32 characters"))
    flaws += [
        Flaw(f"/server/trusted_proxies/{at}", detail)
        for at, detail in find_invalid_networks(settings.server.trusted_proxies)
    ]
    flaws += mail_flaws.flaws(settings.mail)
    flaws += settings.notify.flaws()
    flaws += chat_flaws.flaws(settings.chat)
    flaws += phone_flaws.flaws(settings.phone, settings.server.external_url)
    flaws += phone_flaws.route_flaws(settings.notify)
    if not 1 <= settings.server.max_items <= MOST_ITEMS:
        flaws.append(Flaw("/server/max_items", f"is at least 1 and at most {MOST_ITEMS}"))
    if settings.server.body_bytes < settings.server.max_body_bytes:
        flaws.append(
            Flaw(
                "/server/body_bytes",
                "is at least server.max_body_bytes, or no large body is ever taken",
            )
        )
    if (
        not LEAST_STRANGER_BYTES
        <= settings.server.stranger_bytes_per_address
        <= settings.server.stranger_bytes
    ):
        detail = (
            f"is at least {LEAST_STRANGER_BYTES}, which is one event, "
            "and at most server.stranger_bytes"
        )
        flaws.append(Flaw("/server/stranger_bytes_per_address", detail))
    if settings.login.attempts < 1:
        flaws.append(Flaw("/login/attempts", "at least one attempt is needed to get in"))
    for name, intake in settings.intake.items():
        if not all(_usable(name, secret) for secret in intake.secrets):
            flaws.append(
                Flaw(
                    f"/intake/{name}/secrets",
                    (
                        "a secret has at least 8 characters; "
                        "of standard_webhooks, whsec_ or whpk_ and base64"
                    ),
                )
            )
        flaws += _of_tokens(name, intake)
    return flaws


TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _of_tokens(name: str, intake: SourceSettings) -> list[Flaw]:
    """Return the flaws of token settings; incomplete ones would accept anybody's token."""
    flaws = []
    if intake.audience and name not in {"azure", "google_cloud"}:
        flaws.append(Flaw(f"/intake/{name}/audience", "only azure and google_cloud bring tokens"))
    if (intake.senders or intake.tenant) and not intake.audience:
        flaws.append(Flaw(f"/intake/{name}/audience", "is needed for tokens to be looked at"))
    if intake.audience and name == "google_cloud" and not intake.senders:
        flaws.append(
            Flaw(
                f"/intake/{name}/senders",
                "name the service account: anybody's can make a token for any audience",
            )
        )
    if intake.audience and name == "azure" and not TENANT.fullmatch(intake.tenant):
        flaws.append(
            Flaw(
                f"/intake/{name}/tenant",
                "the id of your directory, such as 72f988bf-86f1-41af-91ab-2d7cd011db47",
            )
        )
    return flaws


def _stores(files: AttachmentSettings) -> list[Flaw]:
    flaws = []
    if files.store == "disk" and not files.path:
        flaws.append(Flaw("/attachments/path", "name the directory that files are kept in"))
    if files.store == "s3":
        needed = {
            "endpoint": files.s3.endpoint,
            "bucket": files.s3.bucket,
            "access_key": files.s3.access_key,
        }
        needed |= {"region": files.s3.region, "secret_key": files.s3.secret_key}
        flaws += [
            Flaw(f"/attachments/s3/{name}", "is needed to keep files there")
            for name, value in needed.items()
            if not value
        ]
    if files.s3.endpoint and not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", files.s3.endpoint):
        flaws.append(Flaw("/attachments/s3/endpoint", "an address such as https://s3.example.com"))
    if files.s3.prefix and not files.s3.prefix.endswith("/"):
        flaws.append(Flaw("/attachments/s3/prefix", "ends in a slash"))
    limits = {
        name: getattr(files, name)
        for name in ("max_bytes", "max_files", "max_record_bytes", "max_link_files")
    }
    return flaws + [
        Flaw(f"/attachments/{name}", "is at least 1") for name, value in limits.items() if value < 1
    ]


def _usable(name: str, secret: str) -> bool:
    if name != "standard_webhooks":
        return len(secret) >= 8
    kind, _, text = secret.partition("_")
    try:
        size = len(base64.b64decode(text, validate=True))
    except ValueError:
        return False
    return size >= 8 if kind == "whsec" else size == 32 and kind == "whpk"


def _window_problems(window: MaintenanceSettings) -> list[str]:
    problems = []
    if (window.end is None) == (window.rrule is None):
        problems.append("a window has either an end or an rrule")
    if window.rrule is not None and window.duration is None:
        problems.append("a window that recurs has a duration")
    if window.start.tzinfo is None or (window.end is not None and window.end.tzinfo is None):
        problems.append("start and end carry an offset, such as 2026-03-02T22:00:00+08:00")
    elif window.end is not None and window.end <= window.start:
        problems.append("the end lies after the start")
    if window.zone not in time_zone_names():
        problems.append(f"{window.zone!r} is no time zone of the IANA list")
    if window.rrule is not None:
        try:
            rrulestr(window.rrule)
        except ValueError as error:
            problems.append(f"the rrule cannot be read: {error}")
    return problems
