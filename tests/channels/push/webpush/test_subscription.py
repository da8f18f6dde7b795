"""A subscription is read whole, or refused with all that is wrong with it."""

import pytest

from gateway.channels.push.webpush.pages import NewSubscription
from gateway.channels.push.webpush.subscription import read_subscription
from gateway.errors import Unprocessable
from tests.support.push_service import FakeBrowser, b64

ENDPOINT = "https://push.example.net/1"
BROWSER = FakeBrowser()
SERVER_KEY = b64(BROWSER.p256dh)


def posted(**changed: str) -> NewSubscription:
    return NewSubscription(**(BROWSER.posted(ENDPOINT, SERVER_KEY) | changed))


def allow(_endpoint: str) -> None:
    """Allow every address."""


def refuse(_endpoint: str) -> None:
    raise OSError("private")


def test_subscription_of_a_browser_is_read() -> None:
    found = read_subscription(posted(), allow)
    assert (found.endpoint, found.keys.p256dh) == (ENDPOINT, BROWSER.p256dh)
    assert (found.keys.auth, found.server_key) == (BROWSER.auth, BROWSER.p256dh)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("p256dh", ""),
        ("p256dh", b64(bytes(65))),
        ("p256dh", "+" * 88),
        ("auth", b64(b"short")),
        ("auth", "!"),
        ("server_key", b64(bytes(16))),
    ],
)
def test_invalid_key_is_refused_with_its_place(field: str, value: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        read_subscription(posted(**{field: value}), allow)
    assert [flaw.pointer for flaw in refused.value.flaws] == [f"/{field}"]


def test_all_flaws_are_told_at_once() -> None:
    with pytest.raises(Unprocessable) as refused:
        read_subscription(posted(p256dh="x", auth="x"), refuse)
    pointers = [flaw.pointer for flaw in refused.value.flaws]
    assert pointers == ["/endpoint", "/p256dh", "/auth"]
    assert refused.value.flaws[0].detail == "private"
