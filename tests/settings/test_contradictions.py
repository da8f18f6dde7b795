"""Settings that are valid alone but contradict others are refused, with their place."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.errors import Flaw
from gateway.settings.loading import load_all

WINDOW = '[[dedup.maintenance]]\nname = "patching"\nstart = 2026-03-02T22:00:00+08:00\n'
GOOGLE = '[intake.google_cloud]\naudience = "https://gateway.example"\n'
AZURE = '[intake.azure]\naudience = "gateway"\n'
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
KEY_OF_32_BYTES = "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
POLICY = """
[sla.policies.mine]
calendar = "24x7"
warn_at = []
auto_close_after = "48h"
[sla.policies.mine.targets]
"""
EVERY_PRIORITY = "1 = {}\n2 = {}\n3 = {}\n4 = {}"

REFUSED = {
    "[criticality.vital]\nhighest = 1\nlowest = 2": "/criticality/vital",
    "[criticality.high]\nhighest = 3\nlowest = 2": "/criticality/high",
    POLICY + "1 = {}": "/sla/policies/mine/targets",
    POLICY.replace("[]", "[0.5, 1.5]") + EVERY_PRIORITY: "/sla/policies/mine/warn_at",
    POLICY.replace("[]", "[0.5, 0.5]") + EVERY_PRIORITY: "/sla/policies/mine/warn_at",
    '[form]\nzone = "Asia/Nowhere"': "/form/zone",
    '[form]\nmin_age = "2h"\nmax_age = "1h"': "/form/max_age",
    '[login.oidc]\nissuer = "https://a.example"\nredirect_url = "https://b.example/c"': (
        "/login/oidc/client_id"
    ),
    '[login.oidc]\nissuer = "https://a.example"\nclient_id = "gateway"': "/login/oidc/redirect_url",
    "[login]\nattempts = 0": "/login/attempts",
    '[links]\nsecret = "too short"': "/links/secret",
    '[server]\ntrusted_proxies = ["10.0.0.0/33"]': "/server/trusted_proxies/0",
    "[server]\nmax_items = 0": "/server/max_items",
    "[server]\nbody_bytes = 1": "/server/body_bytes",
    "[server]\nstranger_bytes_per_address = 1": "/server/stranger_bytes_per_address",
    '[intake.grafana]\nsecrets = ["short"]': "/intake/grafana/secrets",
    '[intake.standard_webhooks]\nsecrets = ["whsec_no base64"]': (
        "/intake/standard_webhooks/secrets"
    ),
    '[intake.standard_webhooks]\nsecrets = ["whpk_AAAA"]': "/intake/standard_webhooks/secrets",
    '[intake.grafana]\naudience = "gateway"': "/intake/grafana/audience",
    '[intake.azure]\ntenant = "any"': "/intake/azure/audience",
    GOOGLE: "/intake/google_cloud/senders",
    AZURE + 'tenant = "contoso"': "/intake/azure/tenant",
    WINDOW: "/dedup/maintenance/0",
    '[attachments]\nstore = "disk"': "/attachments/path",
    '[attachments.s3]\nendpoint = "s3.example.com"': "/attachments/s3/endpoint",
}

WINDOWS = {
    'end = 2026-03-03T02:00:00+08:00\nrrule = "FREQ=DAILY"\nduration = "4h"': (
        "a window has either an end or an rrule"
    ),
    'rrule = "FREQ=DAILY"': "a window that recurs has a duration",
    "end = 2026-03-03T02:00:00": (
        "start and end carry an offset, such as 2026-03-02T22:00:00+08:00"
    ),
    "end = 2026-03-02T22:00:00+08:00": "the end lies after the start",
    'end = 2026-03-03T02:00:00+08:00\nzone = "Asia/Nowhere"': (
        "'Asia/Nowhere' is no time zone of the IANA list"
    ),
    'rrule = "FREQ=NEVER"\nduration = "4h"': ("the rrule cannot be read: invalid 'FREQ': NEVER"),
}

ACCEPTED = (
    f"[intake.standard_webhooks]\nsecrets = ['whsec_AAAAAAAAAAA=', '{KEY_OF_32_BYTES}']",
    '[intake.grafana]\nsecrets = ["long enough"]',
    GOOGLE + 'senders = ["alerts@project.iam.gserviceaccount.com"]',
    AZURE + f'tenant = "{TENANT}"',
    WINDOW + "end = 2026-03-03T02:00:00+08:00",
    WINDOW + 'rrule = "FREQ=WEEKLY;BYDAY=SU"\nduration = "4h"\nzone = "Asia/Shanghai"',
    "[criticality.high]\nhighest = 1\nlowest = 2",
    POLICY + EVERY_PRIORITY,
)


def flaws(folder: Path, text: str) -> Sequence[Flaw]:
    (folder / "gateway.toml").write_text(text)
    return load_all(folder / "gateway.toml", {}).flaws


@pytest.mark.parametrize(("text", "pointer"), REFUSED.items())
def test_contradiction_is_reported_at_its_pointer(tmp_path: Path, text: str, pointer: str) -> None:
    assert [flaw.pointer for flaw in flaws(tmp_path, text)] == [pointer]


@pytest.mark.parametrize(("text", "detail"), WINDOWS.items())
def test_unusable_maintenance_window_is_explained(tmp_path: Path, text: str, detail: str) -> None:
    assert [flaw.detail for flaw in flaws(tmp_path, WINDOW + text)] == [detail]


@pytest.mark.parametrize("text", ACCEPTED)
def test_settings_without_contradictions_have_no_flaws(tmp_path: Path, text: str) -> None:
    assert flaws(tmp_path, text) == ()
