"""Recipients, roles and groups that no notification reaches are reported.

Each is named with its place in the settings and the reason.
"""

from pathlib import Path

import pytest

from gateway.app.recipients import find_unconfirmed, find_unreachable
from gateway.channels.recipient_checks import StaffSnapshot
from gateway.settings import Settings, load

STAFF = StaffSnapshot(
    phones={"olga": "+8613800138000", "ann": ""},
    roles=frozenset({"incident_manager", "leader"}),
    groups=frozenset({"net"}),
    schedules=frozenset({"web"}),
)
EVERY_CHANNEL = """
[notify.smtp]
host = "relay"
[notify.slack]
token = "xoxb-1"
[notify.wecom.robots]
ops = "k"
[notify.twilio]
account = "AC1"
token = "a token of Twilio's"
sender = "+861082303333"
key = "gwk_x"
[phone.providers.twilio]
secrets = ["a token of Twilio's"]
[phone]
public_url = "https://gateway.example.com"
"""


def settings(folder: Path, text: str) -> Settings:
    (folder / "gateway.toml").write_text(text)
    return load(folder / "gateway.toml", {})


def told(
    folder: Path, recipient: str, more: str = EVERY_CHANNEL, staff: StaffSnapshot | None = STAFF
) -> str:
    found = settings(folder, f'{more}\n[notify.recipients]\nduty = ["{recipient}"]\n')
    flaws = [
        flaw
        for flaw in find_unreachable(found, staff)
        if flaw.pointer == "/notify/recipients/duty/0"
    ]
    return flaws[0].detail if flaws else ""


@pytest.mark.parametrize(
    "recipient",
    ["olga@example.com", "smtp:olga@example.com", "person:olga", "person:ann", "voice:olga",
     "sms:olga", "webpush:ann", "group:net", "schedule:web", "webhook:https://hooks.example.com/a",
     "slack:C0123",
     "wecom:robot:ops"],
)  # fmt: skip
def test_reachable_recipient_is_no_flaw(tmp_path: Path, recipient: str) -> None:
    assert told(tmp_path, recipient) == ""


@pytest.mark.parametrize(
    ("recipient", "why"),
    [
        ("oncall", "names no channel"),
        ("", "names no channel"),
        ("mail:olga@example.com", "there is no channel 'mail'"),
        ("smtp:", "names nobody"),
        ("smtp:not-an-address", "is no mail address"),
        ("person:ghost", "no active person has the login 'ghost'"),
        ("voice:ann", "this person has no telephone number"),
        ("webpush:ghost", "no active person has the login 'ghost'"),
        ("sms:ghost", "no active person has the login 'ghost'"),
        ("group:nope", "there is no active group 'nope'"),
        ("webhook:ftp://x", "is not called: only http and https"),
        ("webhook:http://2130706433/", "is not called: an IPv4 address is written"),
        ("webhook:http://10.0.0.1/", "is not called:"),
        ("feishu:oc_1", "this channel is off: set notify.feishu.app_id"),
        ("wecom:zhangsan", "this channel is off: set notify.wecom.corp_id"),
        ("wecom:robot:dev", "there is no notify.wecom.robots.dev"),
        ("dingtalk:robot:ops", "there is no notify.dingtalk.robots.ops"),
    ],
)
def test_unreachable_recipient_is_reported_with_reason(
    tmp_path: Path, recipient: str, why: str
) -> None:
    assert told(tmp_path, recipient).startswith(why)


@pytest.mark.parametrize("recipient", ["olga@example.com", "voice:olga", "sms:olga", "slack:C0123"])
def test_recipient_of_disabled_channel_is_reported(tmp_path: Path, recipient: str) -> None:
    assert told(tmp_path, recipient, more="").startswith("this channel is off: set notify.")


RULES = """
[[escalation.management]]
priorities = [1]
on = ["opened"]
notify = ["boss", "handler", "leader", "incident_manager", "tier3", "duty"]
[[escalation.management]]
policies = ["severity-ladder"]
priorities = [3]
after = "2h"
notify = ["director"]
[[routing]]
name = "a"
group = "net"
[[routing]]
name = "b"
group = "nope"
[notify.recipients]
duty = ["webhook:https://hooks.example.com"]
"""


def test_unfilled_roles_and_unknown_groups_are_reported(tmp_path: Path) -> None:
    found = {
        flaw.pointer: flaw.detail for flaw in find_unreachable(settings(tmp_path, RULES), STAFF)
    }
    assert found == {
        "/escalation/management/0/notify/0": (
            "'boss' is no role of people, and notify.recipients names nobody for it"
        ),
        "/escalation/management/0/notify/4": (
            "nobody has the role 'tier3', and notify.recipients names nobody for it"
        ),
        "/routing/1/group": "there is no active group 'nope'",
    }


def test_recipients_of_role_without_rule_are_reported(tmp_path: Path) -> None:
    hook = '["webhook:https://hooks.example.com"]'
    text = "".join(
        f"{role} = {hook}\n"
        for role in ("incident_managr", "incident_manager", "director", "duty", "tier2")
    )
    found = list(
        find_unreachable(settings(tmp_path, RULES + text.replace(f"duty = {hook}\n", "")), STAFF)
    )
    assert [flaw.pointer for flaw in found if "no rule tells this role" in flaw.detail] == [
        "/notify/recipients/incident_managr"
    ]


def test_rule_of_policy_is_checked_only_when_policy_is_used(tmp_path: Path) -> None:
    staff = StaffSnapshot(
        STAFF.phones,
        STAFF.roles | {"tier3"},
        STAFF.groups | {"nope"},
        frozenset({"severity-ladder"}),
    )
    found = [flaw.pointer for flaw in find_unreachable(settings(tmp_path, RULES), staff)]
    assert found == ["/escalation/management/0/notify/0", "/escalation/management/1/notify/0"]


def test_checks_that_need_database_are_listed_as_unconfirmed(tmp_path: Path) -> None:
    text = EVERY_CHANNEL + RULES + 'also = ["person:olga", "group:net", "olga@example.com"]\n'
    found = settings(tmp_path, text)
    assert [flaw.pointer for flaw in find_unreachable(found, None)] == [
        "/notify/recipients/also",
        "/escalation/management/0/notify/0",
    ]
    assert list(find_unconfirmed(found)) == [
        "notify.recipients.also[0]",
        "notify.recipients.also[1]",
        "routing[0].group",
        "routing[1].group",
        "who has the role leader",
        "who has the role incident_manager",
        "who has the role tier3",
    ]
