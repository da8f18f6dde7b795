"""Mended places of a request are listed with the item that they are in."""

from gateway.receipts.mended import WHOLE, RepairedValue, repairs_of_item


def test_item_lists_own_and_whole_body_mendings() -> None:
    mended = [
        RepairedValue(WHOLE, "", "a byte order mark was left out"),
        RepairedValue(0, "/0/title", "cut"),
        RepairedValue(1, "/1/severity", "left out"),
    ]
    assert repairs_of_item(1, mended) == [
        {"pointer": "", "what": "a byte order mark was left out"},
        {"pointer": "/1/severity", "what": "left out"},
    ]
    assert [one["pointer"] for one in repairs_of_item(2, mended)] == [""]
    assert repairs_of_item(0, []) == []
