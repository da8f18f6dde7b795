"""XML is read one level deep, and refused if it has entities or a document type."""

import pytest

from gateway.channels.chat import flat_xml
from gateway.errors import Malformed

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def test_first_element_of_each_name_is_read_without_nested_ones() -> None:
    text = (
        "<xml><!-- a --><A>1</A><?pi?><A>2</A><B><C>3</C></B><D><![CDATA[<!DOCTYPE html> &lt; "
        "]]]]><![CDATA[>]]></D></xml>"
    )
    assert flat_xml.read(text.encode()) == {"A": "1", "B": "", "D": "<!DOCTYPE html> &lt; ]]>"}


@pytest.mark.parametrize(
    "text",
    [
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><xml><A>&l9;</A></xml>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><xml><A>&a;</A></xml>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><xml><A>1</A></xml>',
        "<!DOCTYPE x><xml/>",
        "<xml><A>&a;</A></xml>",
        "<xml>" + "<A/>" * 65 + "</xml>",
        "<xml>" + "<A>" * 300 + "</A>" * 300 + "</xml>",
        "<xml><A>" + "x" * 65_536 + "</A></xml>",
        "<xml><A>\x00</A></xml>",
        "",
    ],
)
def test_entities_oversized_or_invalid_xml_are_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        flat_xml.read(text.encode())


def test_written_xml_reads_back_and_lists_repeat_elements() -> None:
    body = flat_xml.write(
        {"A": "<&>]]>\r\n磁盘", "B": [{"C": 1}, {"C": 2}], "D": {"E": "\ud800\x00\ufffe."}}
    )
    assert flat_xml.read(body.encode())["A"] == "<&>]]> \n磁盘"
    assert "<B><C>1</C></B><B><C>2</C></B><D><E>   .</E></D>" in body
