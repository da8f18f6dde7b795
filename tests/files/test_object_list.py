"""Tests of reading the object list of a bucket, valid or hostile."""

from datetime import UTC, datetime

import pytest

from gateway.errors import Malformed
from gateway.files.object_list import ObjectList, read_object_list

ENTRY = (
    "<Contents><Key>gw/a&amp;b</Key><Size>1</Size>"
    "<LastModified>2026-03-02T12:00:00.000Z</LastModified></Contents>"
)
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'])
def test_object_list_is_read_with_and_without_a_namespace(namespace: str) -> None:
    page = f"<L{namespace}>{ENTRY}<NextContinuationToken>1&lt;2</NextContinuationToken></L>"
    assert read_object_list(page.encode()) == ObjectList((("gw/a&b", AT),), "1<2")
    assert read_object_list(f"<L{namespace}/>".encode()) == ObjectList((), None)


def test_entries_in_comments_or_texts_are_no_objects() -> None:
    page = f"<L><!-- {ENTRY} --><Prefix><![CDATA[{ENTRY}]]></Prefix></L>"
    assert read_object_list(page.encode()).objects == ()


@pytest.mark.parametrize(
    "page",
    [
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><L><Contents><Key>&l9;</Key></Contents></L>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><L><Key>&a;</Key></L>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><L/>',
        f"<L>{ENTRY}",
        "<L>" + "<Contents>" * 300 + "</Contents>" * 300 + "</L>",
        ENTRY.replace(".000Z", "").join(("<L>", "</L>")),
        ENTRY.replace("2026", "lately").join(("<L>", "</L>")),
        "<L><Contents><Key>a</Key></Contents></L>",
        "",
    ],
)
def test_hostile_or_broken_object_list_is_malformed(page: str) -> None:
    with pytest.raises(Malformed):
        read_object_list(page.encode())
