"""An unreachable recipient never prevents the recording of an incident."""

import json

from gateway.operations.rounds.undelivered import note_undelivered
from tests.scenarios.conftest import Telling

ODD = {
    "oncall": "'oncall' names no channel",
    "": "'' names no channel",
    "mail:olga@example.com": "there is no channel 'mail'",
    "person:ghost": "nobody has this login",
    "webhook:ftp://x": "refused:",
    "smtp:": "not a mail address",
    "sms:olga": "the channel 'sms' is off: set notify.aliyun.access_key_id or "
    "notify.tencent.secret_id or notify.twilio.account or notify.vonage.application_id",
    "fax\x00:1": "there is no channel 'fax'",
}
RULE = (
    '[[escalation.management]]\npriorities = [1]\non = ["opened"]\nnotify = '
    '["odd", "incident_manager"]\n'
)


async def test_unreachable_recipients_are_recorded_with_reason_and_alert_is_kept(
    telling: Telling,
) -> None:
    async with telling(RULE, recipients=f"odd = {json.dumps(list(ODD))}") as story:
        number = (await story.alert(severity="critical"))["incident"]
        assert [letter.to for letter in await story.letters(1)] == ["manager@example.com"]
        await story.settled(number, len(ODD) + 1)
        await note_undelivered(story.gateway.uow)
        given_up = [entry["reason"] for entry in await story.facts(number, "undelivered")]
        assert all(
            any(reason.startswith(wanted) for reason in given_up) for wanted in ODD.values()
        ), given_up
        assert len(given_up) == len(ODD)


async def test_bare_address_recipient_is_mailed_about_manual_major_incident(
    telling: Telling,
) -> None:
    async with telling(RULE, recipients='odd = ["olga@example.com", "oncall"]') as story:
        await story.report(impact="company", urgency="urgent")
        assert [letter.to for letter in await story.letters(2)] == [
            "manager@example.com",
            "olga@example.com",
        ]
