"""Telegram: sendMessage, editMessageText and deleteMessage, with the bot's token in the path."""

from tests.channels.contract.fake_service import Call, Contract, is_json

CASES = {
    "sendMessage": "delivered",
    "editMessageText": "updated",
    "deleteMessage": "cancelled",
}
TOKEN = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"


def judge(call: Call) -> str:
    assert (call.method, is_json(call)) == ("POST", True)
    token, _, method = call.path.removeprefix("/bot").partition("/")
    if token != TOKEN:
        return "revoked_token"
    if call.body["chat_id"] == "404":
        return "unknown_recipient"
    assert call.body["chat_id"] == "-1001234567890"
    if method != "sendMessage":
        assert call.body["message_id"] == 365
    if method != "deleteMessage":
        assert 1 <= len(call.body["text"].encode("utf-16-le")) // 2 <= 4_096
        assert "parse_mode" not in call.body
        for row in call.body["reply_markup"]["inline_keyboard"]:
            assert all(1 <= len(one["callback_data"].encode()) <= 64 for one in row)
    return CASES[method]


CONTRACT = Contract(
    channel="telegram",
    table=lambda url: {"api": url, "token": TOKEN, "allow_private": True},
    judge=judge,
    recipient="-1001234567890",
    unknown="404",
    revoked={"token": "654321:REVOKED-revoked-REVOKED-revoked"},
    waits=35,
)
