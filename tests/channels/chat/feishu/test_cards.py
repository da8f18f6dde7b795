"""Tests of the cards that are sent to Feishu."""

from gateway.channels.chat.feishu.cards import card
from gateway.notify.card import ChatReply


def test_card_without_incident_has_no_header() -> None:
    assert "header" not in card(ChatReply("hello"))
    assert (
        card(ChatReply("taken", number="INC-1", state="logged"))["header"]["title"]["content"]
        == "INC-1 logged"
    )
