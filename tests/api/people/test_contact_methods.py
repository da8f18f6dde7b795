"""Contact methods as objects: they are verified by a code that only their reader knows."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gateway.db.pool import Pool
from gateway.directory.contact_codes import MOST_TRIES, VALID
from gateway.directory.roles import Role
from gateway.notify.contact_codes import ContactCodes
from gateway.notify.runner import NotificationRunner
from gateway.observe.metrics import Metrics
from tests.support.api import Api
from tests.support.clock import FakeClock
from tests.support.messages import ScriptedChannel

OWN = "/api/v1/me/contact-methods"
HOME = {"channel": "mail", "address": "ann@home.example", "label": "at home"}


async def add(api: Api, body: dict[str, Any] | None = None, scope: str = "ann") -> Any:
    status, made = await api.call("POST", OWN, body or HOME, scope=scope)
    assert status == 201, made
    return made


@pytest.fixture
def configuration() -> str:
    """Return settings with mail."""
    return '[notify.smtp]\nhost = "mail.example.com"\n'


class Mailbox:
    """The messages that the notifier hands to the channels."""

    def __init__(self, api: Api, clock: FakeClock) -> None:
        self.channel = ScriptedChannel()
        self.runner = NotificationRunner(
            pool=api.uow.pool,
            channels={"smtp": self.channel, "webhook": self.channel},
            metrics=Metrics(CollectorRegistry()),
            clock=clock,
            codes=ContactCodes(api.links.secrets),
        )
        self.clock = clock

    async def code(self) -> str:
        """Return the code that came in the newest message."""
        await self.runner.run_once(self.clock.at)
        return str(self.channel.sent[-1].facts["code"])


@pytest.fixture
async def mailbox(api: Api, clock: FakeClock) -> Mailbox:
    await api.person("ann", Role.TIER2, email="ann@example.com", locale="zh-CN")
    await api.person("bob", Role.TIER2, email="bob@example.com")
    return Mailbox(api, clock)


async def test_method_is_verified_by_the_code_that_came_to_it(api: Api, mailbox: Mailbox) -> None:
    made = await add(api)
    assert (made["verified_at"], made["position"]) == (None, 1)
    one = f"{OWN}/{made['id']}"
    status, sent = await api.call("POST", one + "/send-code", scope="ann")
    assert (status, set(sent)) == (202, {"expires_at"})
    code = await mailbox.code()
    (letter,) = mailbox.channel.sent
    assert (letter.recipient, "验证码" in letter.subject) == ("ann@home.example", True)
    assert code in letter.text
    assert "ann" in letter.text
    status, verified = await api.call("POST", one + "/verify", {"code": code}, scope="ann")
    assert (status, verified["verified_as"]) == (200, "code")
    assert verified["verified_at"] is not None
    assert (await api.call("POST", one + "/send-code", scope="ann"))[0] == 409
    assert (await api.call("GET", one, scope="ann"))[1] == verified
    assert (await api.call("GET", "/api/v1/people/ann/contact-methods"))[1] == {
        "contact_methods": [verified]
    }


async def test_code_is_kept_nowhere(api: Api, mailbox: Mailbox, pool: Pool) -> None:
    made = await add(api)
    await api.call("POST", f"{OWN}/{made['id']}/send-code", scope="ann")
    code = await mailbox.code()
    kept = [
        *await pool.fetch("SELECT row_to_json(c)::text FROM contact_code c"),
        *await pool.fetch("SELECT facts::text FROM outbox"),
    ]
    assert kept
    assert not any(code in row[0] for row in kept)


async def test_codes_cannot_be_guessed(api: Api, mailbox: Mailbox) -> None:
    made = await add(api)
    one = f"{OWN}/{made['id']}"
    await api.call("POST", one + "/send-code", scope="ann")
    code = await mailbox.code()
    wrong = {"code": f"{(int(code) + 1) % 1_000_000:06d}"}
    for left in range(MOST_TRIES - 1, -1, -1):
        status, problem = await api.call("POST", one + "/verify", wrong, scope="ann")
        assert (status, problem["errors"][0]["pointer"]) == (422, "/code")
        assert (f"{left} tries" if left else "new code") in problem["errors"][0]["detail"]
    assert (await api.call("POST", one + "/verify", {"code": code}, scope="ann"))[0] == 409
    for nonsense in ("", "12345", "1234567", "12345a", "１２３４５６", "123456\n"):
        asked = {"code": nonsense}
        assert (await api.call("POST", one + "/verify", asked, scope="ann"))[0] in (400, 422)


async def test_code_expires_and_the_next_one_replaces_it(
    api: Api, mailbox: Mailbox, clock: FakeClock
) -> None:
    made = await add(api)
    one = f"{OWN}/{made['id']}"
    assert (await api.call("POST", one + "/verify", {"code": "123456"}, scope="ann"))[0] == 409
    await api.call("POST", one + "/send-code", scope="ann")
    first = await mailbox.code()
    clock.advance(timedelta(minutes=1))
    await api.call("POST", one + "/send-code", scope="ann")
    second = await mailbox.code()
    assert (await api.call("POST", one + "/verify", {"code": first}, scope="ann"))[0] == 422
    clock.advance(VALID)
    assert (await api.call("POST", one + "/verify", {"code": second}, scope="ann"))[0] == 409


async def test_code_that_expired_is_not_sent(api: Api, mailbox: Mailbox, clock: FakeClock) -> None:
    made = await add(api)
    await api.call("POST", f"{OWN}/{made['id']}/send-code", scope="ann")
    clock.advance(VALID)
    await mailbox.runner.run_once(clock.at)
    assert mailbox.channel.sent == []


async def test_method_of_another_person_does_not_exist(api: Api, mailbox: Mailbox) -> None:
    made = await add(api)
    await api.call("POST", f"{OWN}/{made['id']}/send-code", scope="ann")
    code = await mailbox.code()
    for base in (OWN, "/api/v1/people/bob/contact-methods"):
        one, scope = f"{base}/{made['id']}", "bob" if base == OWN else "admin"
        for verb, path, body in (
            ("GET", one, None),
            ("PATCH", one, {"label": "mine"}),
            ("DELETE", one, None),
            ("POST", one + "/send-code", None),
            ("POST", one + "/verify", {"code": code}),
        ):
            assert (await api.call(verb, path, body, scope=scope))[0] == 404, (verb, path)
    for verb, path, body in (
        ("POST", "", HOME),
        ("PATCH", f"/{made['id']}", {"label": "x"}),
        ("DELETE", f"/{made['id']}", None),
        ("POST", f"/{made['id']}/verify", {"code": code}),
        ("POST", f"/{made['id']}/send-code", None),
    ):
        there = f"/api/v1/people/ann/contact-methods{path}"
        assert (await api.call(verb, there, body, scope="bob"))[0] == 403, (verb, path)
    assert (await api.call("GET", f"{OWN}/{made['id']}", scope="ann"))[1]["verified_at"] is None


@pytest.mark.usefixtures("mailbox")
async def test_address_is_not_bombed_with_codes(api: Api, clock: FakeClock, pool: Pool) -> None:
    answers = []
    for spelling, scope in (
        ("victim@example.com", "ann"),
        ("VICTIM@example.com", "bob"),
        ("Victim@Example.com", "ann"),
    ):
        for _ in range(3):
            made = await add(api, {"channel": "mail", "address": spelling}, scope)
            one = f"{OWN}/{made['id']}"
            answer = await api.raw("POST", one + "/send-code", scope=scope)
            answers.append((answer.status, "Retry-After" in answer.headers))
            await api.call("DELETE", one, scope=scope)
    assert answers == [(202, False)] * 5 + [(429, True)] * 4
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 5
    clock.advance(timedelta(hours=1))
    made = await add(api, {"channel": "mail", "address": "victim@example.com"})
    assert (await api.call("POST", f"{OWN}/{made['id']}/send-code", scope="ann"))[0] == 202


async def test_another_address_must_be_verified_anew(api: Api, mailbox: Mailbox) -> None:
    made = await add(api)
    one = f"{OWN}/{made['id']}"
    await api.call("POST", one + "/send-code", scope="ann")
    code = await mailbox.code()
    patch = {"address": "mallory@example.com"}
    status, changed = await api.call("PATCH", one, patch, scope="ann")
    assert (status, changed["verified_at"], changed["label"]) == (200, None, "at home")
    assert (await api.call("POST", one + "/verify", {"code": code}, scope="ann"))[0] == 409
    await api.call("PATCH", one, {"address": HOME["address"]}, scope="ann")
    assert (await api.call("POST", one + "/verify", {"code": code}, scope="ann"))[0] == 409
    await api.call("POST", one + "/send-code", scope="ann")
    asked = {"code": await mailbox.code()}
    assert (await api.call("POST", one + "/verify", asked, scope="ann"))[0] == 200
    status, kept = await api.call("PATCH", one, {"label": "study"}, scope="ann")
    assert (kept["verified_as"], kept["label"]) == ("code", "study")
    status, changed = await api.call("PATCH", one, patch, scope="ann")
    assert (status, changed["verified_at"], changed["verified_as"]) == (200, None, "")


@pytest.mark.usefixtures("mailbox")
async def test_address_kept_by_administrators_needs_no_code(api: Api) -> None:
    for channel in ("mail", "sms"):
        made = await add(api, {"channel": channel})
        assert (made["address"], made["verified_as"]) == ("", "directory")


@pytest.mark.usefixtures("mailbox")
async def test_methods_have_an_order(api: Api) -> None:
    first = await add(api, {"channel": "mail"})
    second = await add(api)
    third = await add(api, {"channel": "sms", "position": 1})

    async def order() -> list[tuple[int, int]]:
        listed = (await api.call("GET", OWN, scope="ann"))[1]["contact_methods"]
        return [(one["id"], one["position"]) for one in listed]

    assert await order() == [(third["id"], 1), (first["id"], 2), (second["id"], 3)]
    await api.call("PATCH", f"{OWN}/{third['id']}", {"position": 3}, scope="ann")
    assert await order() == [(first["id"], 1), (second["id"], 2), (third["id"], 3)]
    assert (await api.call("DELETE", f"{OWN}/{first['id']}", scope="ann"))[0] == 204
    assert await order() == [(second["id"], 1), (third["id"], 2)]
    answer = await api.call("PATCH", f"{OWN}/{third['id']}", {"position": 3}, scope="ann")
    assert (answer[0], answer[1]["errors"][0]["pointer"]) == (422, "/position")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"channel": "mail", "address": "nobody"}, 422),
        ({"channel": "sms", "address": "+4912345678"}, 422),
        ({"channel": "webhook"}, 422),
        ({"channel": "webhook", "address": "http://127.0.0.1/hook"}, 422),
        ({"channel": "webhook", "address": "http://169.254.169.254/latest"}, 422),
        ({"channel": "slack", "address": "general"}, 422),
        ({"channel": "pigeon"}, 400),
        ({"channel": "mail", "verified_at": "2026-01-01T00:00:00Z"}, 400),
        ({"channel": "mail", "position": 0}, 400),
    ],
)
@pytest.mark.usefixtures("mailbox")
async def test_method_that_cannot_be_used_is_refused(
    api: Api, body: dict[str, Any], status: int
) -> None:
    found, problem = await api.call("POST", OWN, body, scope="ann")
    assert found == status, problem
    if status == 422:
        assert problem["errors"][0]["pointer"] == "/address"


@pytest.mark.usefixtures("mailbox")
async def test_address_cannot_be_changed_to_an_inner_one(api: Api) -> None:
    made = await add(api, {"channel": "webhook", "address": "https://hooks.example.com/a"})
    patch = {"address": "http://127.0.0.1/"}
    answer = await api.call("PATCH", f"{OWN}/{made['id']}", patch, scope="ann")
    assert (answer[0], answer[1]["errors"][0]["pointer"]) == (422, "/address")


@pytest.mark.usefixtures("mailbox")
async def test_method_is_there_once_and_at_most_ten(api: Api) -> None:
    first = await add(api)
    assert (await api.call("POST", OWN, HOME, scope="ann"))[0] == 409
    second = await add(api, {"channel": "mail"})
    patch = {"address": HOME["address"]}
    assert (await api.call("PATCH", f"{OWN}/{second['id']}", patch, scope="ann"))[0] == 409
    assert first["id"] != second["id"]
    for n in range(8):
        await add(api, {"channel": "mail", "address": f"ann{n}@example.com"})
    asked = {"channel": "mail", "address": "ann9@example.com"}
    assert (await api.call("POST", OWN, asked, scope="ann"))[0] == 422


@pytest.mark.usefixtures("mailbox")
async def test_repeated_request_adds_one_method(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await api.call("POST", OWN, HOME, scope="ann", headers=headers)
    assert await api.call("POST", OWN, HOME, scope="ann", headers=headers) == first
    assert len((await api.call("GET", OWN, scope="ann"))[1]["contact_methods"]) == 1


async def test_list_of_methods_keeps_what_was_verified(api: Api, mailbox: Mailbox) -> None:
    made = await add(api)
    await api.call("POST", f"{OWN}/{made['id']}/send-code", scope="ann")
    asked = {"code": await mailbox.code()}
    await api.call("POST", f"{OWN}/{made['id']}/verify", asked, scope="ann")
    chosen = [
        {"channel": "mail", "address": "new@example.com"},
        {"channel": "mail", "address": "ann@home.example"},
        {"channel": "mail", "address": ""},
    ]
    status, _ = await api.call("PUT", "/api/v1/me/methods", {"methods": chosen}, scope="ann")
    assert status == 200
    listed = (await api.call("GET", OWN, scope="ann"))[1]["contact_methods"]
    assert [(one["address"], one["verified_as"]) for one in listed] == [
        ("new@example.com", ""),
        ("ann@home.example", "code"),
        ("", "directory"),
    ]
    assert listed[1]["id"] == made["id"]
    await api.call("PUT", "/api/v1/people/bob/methods", {"methods": chosen})
    path = "/api/v1/people/bob/contact-methods"
    reasons = [one["verified_as"] for one in (await api.call("GET", path))[1]["contact_methods"]]
    assert reasons == ["administrator", "administrator", "directory"]


@pytest.mark.usefixtures("mailbox")
async def test_machine_has_no_contact_methods(api: Api) -> None:
    assert (await api.call("GET", OWN))[0] == 403
    assert (await api.call("GET", "/api/v1/people/nobody/contact-methods"))[0] == 404


@pytest.mark.usefixtures("mailbox")
async def test_no_code_is_sent_by_a_channel_that_is_off(api: Api, pool: Pool) -> None:
    made = await add(api, {"channel": "slack", "address": "C0123"})
    answer = await api.call("POST", f"{OWN}/{made['id']}/send-code", scope="ann")
    assert (answer[0], "notify.slack.token" in answer[1]["detail"]) == (409, True)
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0
