import pytest

from gateway.compat.opsgenie.query import AlertPage, Search, parse_page, parse_search
from gateway.errors import Unprocessable


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Search()),
        ("status:open", Search(status="open")),
        ("status = closed and priority: p1", Search(status="closed", priority="P1")),
        ('message:"disk full" AND tag:prod', Search(message="disk full", tag="prod")),
        ("tags:prod acknowledged:false", Search(tag="prod", acknowledged=False)),
        ("alias=a/b entity:db-1 message:disk*", Search(alias="a/b", entity="db-1", message="disk")),
    ],
)
def test_query_fields_joined_by_and_are_parsed(text: str, found: Search) -> None:
    assert parse_search(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "status:open OR status:closed",
        "NOT status:open",
        "(status:open)",
        "owner:ann",
        "status:",
        "open",
        "status:ajar",
    ],
)
def test_unsupported_query_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        parse_search(text)
    assert refused.value.flaws[0].pointer == "/query"


def test_page_limit_and_offset_are_bounded() -> None:
    assert parse_page({}) == AlertPage(0, 20)
    assert parse_page({"limit": "500", "offset": "40", "order": "ASC"}) == AlertPage(
        40, 100, ascending=True
    )
    for query in ({"offset": "20000"}, {"limit": "-1"}, {"order": "up"}, {"offset": "x"}):
        with pytest.raises(Unprocessable):
            parse_page(query)
