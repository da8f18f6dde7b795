"""Chat commands and buttons act for users linked to a person, within that person's roles."""

from gateway.incidents import store
from gateway.notify.press_tokens import PressTokens
from tests.channels.chat.slack_calls import FORM, a_press
from tests.channels.chat.slack_steps import SIGNING, known, outcomes, record, said, told
from tests.support.served import RunningGateway


async def button(gateway: RunningGateway) -> str:
    """Return the token of a button for the current state of the record."""
    async with gateway.pool.acquire() as conn:
        (incident,) = await store.by_ids(conn, [(await record(gateway))["id"]])
    return PressTokens((SIGNING.encode(),)).make(incident)


async def test_linked_user_acts_by_command_within_roles(gateway: RunningGateway) -> None:
    await known(gateway, "dina", "service_desk")
    await told(gateway, "report mail is down")
    number = (await record(gateway))["number"]
    assert (await told(gateway, f"ack {number}", "2")).startswith(f"{number} is in your hands.")
    assert (await told(gateway, f"status {number}", "3")).endswith(
        "State: in progress · Handled by: dina"
    )
    assert (await told(gateway, f"resolve {number} restarted", "4")).startswith(
        f"{number} is resolved."
    )
    one = await record(gateway)
    assert (one["state"], one["solution"], one["handler"]) == ("resolved", "restarted", "dina")
    assert await told(gateway, f"ack {number}", "5") == (
        f"Nothing was done: {number} is resolved.\n[{number}] Priority 4 · mail is down\nState: "
        "resolved · Handled by: dina"
    )


async def test_unlinked_user_may_report_but_not_act(gateway: RunningGateway) -> None:
    await told(gateway, "report mail is down")
    number = (await record(gateway))["number"]
    for trigger, text in enumerate(("ack", "resolve")):
        assert (await told(gateway, f"{text} {number}", f"2.{trigger}")).startswith(
            "I do not know who you are here"
        )
    await said(gateway, a_press("resolve", await button(gateway)), FORM)
    assert (await record(gateway))["state"] == "logged"
    assert (await outcomes(gateway))[-2:] == [("ignored", "a stranger may not act")] * 2
    assert (await told(gateway, f"status {number}", "3")).startswith("How it stands:")
    assert (await told(gateway, f"status {number}", "4", user_id="U7")).startswith(
        "There is no such record"
    )
    assert (await told(gateway, f"note {number} me too", "5", user_id="U7")).startswith(
        "There is no such record"
    )


async def test_command_without_permission_changes_nothing(gateway: RunningGateway) -> None:
    await known(gateway, "lea", "leader")
    await told(gateway, "report mail is down")
    number = (await record(gateway))["number"]
    for trigger, text in enumerate((f"ack {number}", f"note {number} hurry up")):
        assert (await told(gateway, text, f"2.{trigger}")).startswith(
            "Nothing was done: your roles do not let you"
        )
    await said(gateway, a_press("acknowledge", await button(gateway)), FORM)
    assert (await record(gateway))["state"] == "logged"
    assert (await outcomes(gateway))[-1][0] == "ignored"


async def test_whoever_has_a_record_declines_it_by_command_or_button(
    gateway: RunningGateway,
) -> None:
    await known(gateway, "dina", "service_desk")
    await told(gateway, "report mail is down")
    number = (await record(gateway))["number"]
    assert await told(gateway, f"decline {number}", "2") == (
        f"Nothing was done: you were not told of {number} and do not have it."
    )
    await told(gateway, f"ack {number}", "3")
    assert (await told(gateway, f"decline {number} on a train", "4")).startswith(
        f"{number}: noted that you cannot. The next is told."
    )
    assert [(await record(gateway))[field] for field in ("state", "handler")] == ["logged", ""]
    await told(gateway, f"ack {number}", "5")
    await said(gateway, a_press("decline", await button(gateway), "6"), FORM)
    assert (await record(gateway))["state"] == "logged"
    assert (await outcomes(gateway))[-1] == ("added", "declined")


async def test_button_acts_once_and_is_stale_after_reopening(gateway: RunningGateway) -> None:
    await known(gateway, "dina", "service_desk")
    await told(gateway, "report mail is down")
    number, shown = (await record(gateway))["number"], await button(gateway)
    for at, token in enumerate(("", "p1-0-1-" + "a" * 26, shown[:-1] + "!")):
        assert await said(gateway, a_press("resolve", token, f"0.{at}"), FORM) == (200, "")
        assert ((await outcomes(gateway))[-1], (await record(gateway))["state"]) == (
            ("ignored", "no such button"),
            "logged",
        )
    for _ in range(2):
        assert await said(gateway, a_press("acknowledge", shown, "1.1"), FORM) == (200, "")
    await said(gateway, a_press("resolve", shown, "1.2"), FORM)
    assert (await record(gateway))["state"] == "in_progress", "how it was solved is asked for"
    await told(gateway, f"resolve {number} the relay was restarted", "1.5")
    assert (await record(gateway))["state"] == "resolved"
    assert (await gateway.post(f"/api/v1/incidents/{number}/refuse", {}, "admin")).status == 200
    await said(gateway, a_press("resolve", shown, "1.3"), FORM)
    assert (await record(gateway))["state"] == "in_progress"
    asked = await told(gateway, f"resolve {number}", "1.6")
    assert asked == f"Say how it was solved: resolve {number} WHAT WAS DONE"
    wanted = ["acknowledged", "duplicate", "ignored", "added", "stale", "ignored"]
    assert [outcome for outcome, _ in await outcomes(gateway)][4:] == wanted


async def test_button_shown_before_a_raise_or_takeover_does_nothing(
    gateway: RunningGateway,
) -> None:
    await known(gateway, "dina", "service_desk")
    await told(gateway, "report mail is down")
    number, shown = (await record(gateway))["number"], await button(gateway)
    path = f"/api/v1/incidents/{number}"
    headers = {"Authorization": f"Bearer {gateway.keys['admin']}"}
    raised = await gateway.client.patch(
        path, json={"priority": 1, "note": "all of sales"}, headers=headers
    )
    assert raised.status == 200
    await said(gateway, a_press("acknowledge", shown, "1.1"), FORM)
    assert (await outcomes(gateway))[-1] == ("stale", "raised since it was shown")
    assert (await record(gateway))["handler"] == ""
    fresh = await button(gateway)
    assert (await gateway.post(f"{path}/acknowledge", {}, "admin")).status == 200
    await said(gateway, a_press("acknowledge", fresh, "1.2"), FORM)
    assert (await outcomes(gateway))[-1] == ("stale", "taken since it was shown")
    await said(gateway, a_press("acknowledge", await button(gateway), "1.3"), FORM)
    assert (await outcomes(gateway))[-1] == ("ignored", "taken before")
    assert (await record(gateway))["handler"] == "admin"


async def test_link_code_links_chat_account_once(gateway: RunningGateway) -> None:
    person = {"login": "dina", "name": "Dina", "roles": ["service_desk"], "locale": "zh-CN"}
    assert (await gateway.post("/api/v1/people", person, "admin")).status == 201
    code = (await (await gateway.post("/api/v1/people/dina/chats/code", None, "admin")).json())[
        "code"
    ]
    newer = (await (await gateway.post("/api/v1/people/dina/chats/code", None, "admin")).json())[
        "code"
    ]
    assert await told(gateway, f"link {code}", "1") == "This code is not good, or no longer."
    assert await told(gateway, f"link {newer}", "2") == "You are dina here from now on."
    assert (
        await told(gateway, f"link {newer}", "3", user_id="U7")
        == "This code is not good, or no longer."
    )
    assert await told(gateway, f"link {newer}", "4") == "此账号已绑定。"
    _, listed = await gateway.get("/api/v1/people/dina/chats", key="admin")
    assert [(one["provider"], one["tenant"], one["user"]) for one in listed["chats"]] == [
        ("slack", "T123ABC456", "U2147483697")
    ]
    person = {"login": "bob", "name": "Bob", "roles": ["service_desk"]}
    assert (await gateway.post("/api/v1/people", person, "admin")).status == 201
    account = {"provider": "slack", "tenant": "T123ABC456", "user": "U2147483697"}
    assert (await gateway.post("/api/v1/people/bob/chats", account, "admin")).status == 409
    assert (
        await gateway.post("/api/v1/people/bob/chats", account | {"tenant": "T2"}, "admin")
    ).status == 201
    path = "/api/v1/people/dina/chats?provider=slack&tenant=T123ABC456&user=U2147483697"
    sent = {"Authorization": f"Bearer {gateway.keys['admin']}"}
    assert [(await gateway.client.delete(path, headers=sent)).status for _ in range(2)] == [
        204,
        404,
    ]
    assert (await told(gateway, "ack INC-20260302-000001", "5")).startswith(
        "I do not know who you are"
    )


async def test_security_incident_stays_hidden_from_button_and_command(
    gateway: RunningGateway,
) -> None:
    await known(gateway, "dina", "service_desk")
    await told(gateway, "report somebody is in our files", user_id="U7")
    shown = await button(gateway)
    await gateway.pool.execute("UPDATE incident SET security = true")
    await said(gateway, a_press("acknowledge", shown), FORM)
    assert (await record(gateway))["state"] == "logged"
    assert (await outcomes(gateway))[-1] == ("ignored", "no such record")
    number = (await record(gateway))["number"]
    assert (await told(gateway, f"resolve {number}", "2")).startswith("There is no such record")
