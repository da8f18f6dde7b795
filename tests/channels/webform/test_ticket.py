"""Tests of the signed tickets in web forms."""

import pytest

from gateway.channels.webform.ticket import FormTicket, FormTicketSigner
from tests.support.clock import NOON

OURS = FormTicketSigner((b"new", b"old"))
TICKET = OURS.make("mail", NOON, bytes(16))


def test_form_ticket_round_trips_also_after_rotation() -> None:
    assert OURS.read(TICKET) == FormTicket("mail", NOON, "00" * 16)
    assert FormTicketSigner((b"newer", b"new")).read(TICKET) == OURS.read(TICKET)


@pytest.mark.parametrize("place", range(0, len(TICKET), 5))
def test_changed_form_ticket_is_invalid(place: int) -> None:
    other = "1" if TICKET[place] != "1" else "2"
    assert OURS.read(TICKET[:place] + other + TICKET[place + 1 :]) is None


@pytest.mark.parametrize(
    "text",
    ["", "x", TICKET + "A", TICKET[:-1], TICKET.replace("mail", "vpn"), TICKET + "\n", "\0" * 999],
)
def test_foreign_form_ticket_is_invalid(text: str) -> None:
    assert OURS.read(text) is None
    assert FormTicketSigner((b"other",)).read(TICKET) is None
