"""A reply is cut to the limits of a WeCom card, and a press names its button."""

from gateway.channels.chat.wecom.cards import (
    MAX_NAME,
    MAX_SUBTITLE,
    MAX_TEXT,
    MAX_TITLE,
    change,
    content,
    key_of,
    read_key,
    text,
)
from gateway.notify.card import Button, ChatReply

BUTTON = Button("resolve", "解决", "p7-0-1-abc")


def test_actionable_incident_becomes_card_with_button_keys() -> None:
    sent = content(
        ChatReply("已超时\n磁盘已满", "INC-1", "磁盘已满", "处理中", (BUTTON,)), "task-1"
    )
    card = sent["template_card"]
    assert (sent["msgtype"], card["card_type"], card["task_id"]) == (
        "template_card",
        "button_interaction",
        "task-1",
    )
    assert card["main_title"] == {"title": "INC-1 处理中", "desc": "磁盘已满"}
    assert card["button_list"] == [{"text": "解决", "style": 1, "key": "resolve@p7-0-1-abc"}]
    assert read_key(card["button_list"][0]["key"]) == ("resolve", "p7-0-1-abc")


def test_card_update_replaces_card_or_disables_button() -> None:
    anew = change(ChatReply("处理中", "INC-1", "磁盘已满", "处理中", (BUTTON,)))["template_card"]
    assert (anew["button_list"][0]["key"], "task_id" in anew) == ("resolve@p7-0-1-abc", False)
    assert change(ChatReply("已解决\n磁盘已满", "INC-1", "磁盘已满", "已解决")) == {
        "button": {"replace_name": "已解决"}
    }


def test_long_texts_are_cut_to_card_limits() -> None:
    long = "磁" * 5_000
    card = content(ChatReply(long, long, long, long, (Button("accept", long, "t"),)), "t")[
        "template_card"
    ]
    assert {len(card["main_title"]["title"]), len(card["main_title"]["desc"])} == {MAX_TITLE}
    assert (len(card["sub_title_text"]), len(card["button_list"][0]["text"])) == (
        MAX_SUBTITLE,
        MAX_NAME,
    )
    assert MAX_TEXT - 3 < len(content(ChatReply(long), "t")["text"]["content"].encode()) <= MAX_TEXT


def test_unknown_button_key_is_ignored() -> None:
    assert [read_key(key) for key in ("", "resolve", "resolve@", "close@t", "@t", "Resolve@t")] == [
        None
    ] * 6
    assert read_key(key_of(BUTTON)) == ("resolve", BUTTON.token)


def test_mentions_in_text_are_escaped() -> None:
    assert text("<@all> <@ zhang>") == "＜@all> ＜@ zhang>"
