"""A recipient that a field of the incident names may be nobody; a role never is."""

import pytest

from gateway.incidents.announcement import Recipient


@pytest.mark.parametrize(
    ("recipient", "nobody"),
    [
        (Recipient(role="handler", own=True), True),
        (Recipient(role="handler", own=True, people=("ann",)), False),
        (Recipient(role="group", own=True, group="net"), False),
        (Recipient(role="handler", own=True, listed=("smtp:a@example.com",)), False),
        (Recipient(role="handler", own=True, instead=Recipient(role="leader")), False),
        (Recipient(role="leader"), False),
    ],
)
def test_only_own_recipient_without_addressee_is_nobody(
    recipient: Recipient, *, nobody: bool
) -> None:
    assert recipient.nobody is nobody
