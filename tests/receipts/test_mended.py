"""What was mended of a request is told with the item it was mended in."""

from gateway.receipts.mended import WHOLE, Mended, mended_of


def test_item_lists_own_and_whole_body_mendings() -> None:
    mended = [
        Mended(WHOLE, "", "a byte order mark was left out"),
        Mended(0, "/0/title", "cut"),
        Mended(1, "/1/severity", "left out"),
    ]
    assert mended_of(1, mended) == [
        {"pointer": "", "what": "a byte order mark was left out"},
        {"pointer": "/1/severity", "what": "left out"},
    ]
    assert [one["pointer"] for one in mended_of(2, mended)] == [""]
    assert mended_of(0, []) == []
