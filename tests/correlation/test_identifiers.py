"""Identifiers in a text are found by their shape, or because few other incidents contain them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.correlation.common_words import CHINESE, WORDS
from gateway.correlation.identifiers import (
    MIN_INCIDENTS_FOR_RARITY,
    machines_in,
    numbers_in,
    select_rare_words,
    terms_in,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10.9.9.9 is down", "10.9.9.9"),
        ("crm-web1 does not answer", "crm-web1"),
        ("see https://git7.corp.example/x", "git7.corp.example"),
        ("资产编号 nb-20417 的电脑", "nb-20417"),
        ("invoice inv-4711 cannot be posted", "inv-4711"),
    ],
)
def test_host_names_addresses_and_codes_are_identifiers(text: str, found: str) -> None:
    assert machines_in(text) == {found}


@pytest.mark.parametrize(
    "text",
    [
        "utf-8", "iso-8859-1", "windows-11", "since 9.30am", "5-10min", "room-101", "v2.3.1",
        "ubuntu-22.04", "q4-2026", "image001.png@01d9.af", "see image001.png", "report-2026.xlsx",
        "ann@163.com", "ann@mail7.example.com", "mail.163.com", "192.168.1.1", "127.0.0.1",
        "ping 8.8.8.8", "brother mfc-7860dw", "canon lbp-2900", "惠普 lj-1020",
        "version 10.0.19045.3803", "2026-11-29", "ora-12514",
    ],
)  # fmt: skip
def test_versions_times_files_and_models_are_not_host_names(text: str) -> None:
    assert machines_in(text) == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("error 4711 when posting", {"4711"}),
        ("错误代码:e1203", {"e1203"}),
        ("订单号 4500012345 无法提交", {"4500012345"}),
        ("ora-20071 at start", {"ora-20071"}),
        ("ora-12514 at start", set()),
        ("stop 0xdeadbeef", {"0xdeadbeef"}),
        ("error 404", set()),
        ("invoice 2026", set()),
        ("error 0x80070005", set()),
        ("onedrive 0x8004de40", set()),
        ("stop 0x0000007b", set()),
        ("vpn error 691", set()),
        ("java error 1603", set()),
        ("call me at 13800138000", set()),
    ],
)
def test_uncommon_error_and_order_numbers_are_identifiers(text: str, found: set[str]) -> None:
    assert numbers_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hello, the Kestrel planner and SAP do not start", {"kestrel", "sap"}),
        ("打开Kestrel就闪退", {"kestrel"}),
        ("Kestrel does not start", set()),
        ("the forklift terminal is broken", set()),
        ("Kestrel Planner Does Not Start", set()),
        ("PLEASE HELP MY KESTREL IS BROKEN", set()),
        ("the Windows and Teams apps", set()),
        ("it is broken, best regards\nAnn Kestrel", set()),
        ("thanks for looking at the Kestrel planner", {"kestrel"}),
        ("see Ann.Kestrel@example.com and www.Kestrel.example", set()),
        ("你好,打印机卡纸了,麻烦看一下", set()),
        ("叉车终端登录不上", {"叉车终端"}),
        ("我们的挂号系统打不开", {"挂号系统"}),
        ("办公系统和操作系统都打不开", set()),
        ("新系统打不开", set()),
        ("大小写键一直亮着", set()),
    ],
)
def test_terms_are_uncommon_names_and_chinese_words(text: str, found: set[str]) -> None:
    assert terms_in(text) == found


@given(
    st.lists(st.sampled_from(sorted(WORDS)), max_size=12),
    st.lists(st.sampled_from(CHINESE), max_size=12),
)
def test_common_words_yield_no_terms(english: list[str], chinese: list[str]) -> None:
    assert terms_in("x " + " ".join(map(str.title, english)) + ",".join(chinese)) == set()


def test_word_is_rare_when_few_of_enough_incidents_contain_it() -> None:
    seen = {"forklift": 1, "terminal": 9}
    assert select_rare_words(seen, MIN_INCIDENTS_FOR_RARITY, {"forklift", "terminal", "new"}) == {
        "forklift",
        "new",
    }
    assert select_rare_words(seen, MIN_INCIDENTS_FOR_RARITY - 1, seen) == set()
    assert select_rare_words(seen, 10 * MIN_INCIDENTS_FOR_RARITY, seen) == {"forklift", "terminal"}
