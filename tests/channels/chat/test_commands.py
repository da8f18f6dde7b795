"""What somebody asks for by what they wrote."""

from typing import Any

import pytest

from gateway.channels.chat.commands import Acting, Adding, Asking, Helping, Linking, Reporting, asked

N = "INC-20260302-000001"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The printer is on fire", Reporting("The printer is on fire", plainly=True)),
        ("report the printer is on fire", Reporting("the printer is on fire")),
        ("Report: the printer", Reporting("the printer")),
        ("/report the printer", Reporting("the printer")),
        ("报告 打印机坏了", Reporting("打印机坏了")),
        ("报障：打印机坏了", Reporting("打印机坏了")),
        ("报告打印机坏了", Reporting("打印机坏了")),
        (f"ack {N}", Acting("acknowledge", N, "")),
        (f"ACK {N.lower()}", Acting("acknowledge", N, "")),
        (f"受理{N}", Acting("acknowledge", N, "")),
        (f"resolve {N} rebooted it", Acting("resolve", N, "rebooted it")),
        (f"解决 {N} 已重启\n两次", Acting("resolve", N, "已重启\n两次")),
        (f"status {N}", Asking(N)),
        (f"状态 {N}", Asking(N)),
        (f"note {N}: also floor 2", Adding(N, "also floor 2")),
        (f"备注 {N} 二楼也是", Adding(N, "二楼也是")),
        ("ack", Acting("acknowledge", "", "")),
        ("status", Asking("")),
        ("link k7m2pqrs9abc", Linking("k7m2pqrs9abc")),
        ("绑定 K7M2PQRS9ABC", Linking("k7m2pqrs9abc")),
        ("help", Helping()), ("帮助", Helping()), ("report", Helping()), ("", Helping()),
        ("Hi!", Helping()), ("你好", Helping()), ("thank  you.", Helping()), ("？", Helping()), ("...", Helping()),
        ("Resolve this soon, mail is down", Reporting("Resolve this soon, mail is down", plainly=True)),
        ("status of mail: down", Reporting("status of mail: down", plainly=True)),
        ("acknowledgements are slow", Reporting("acknowledgements are slow", plainly=True)),
        ("report INC", Reporting("INC")),
        ("link is down", Reporting("link is down", plainly=True)),
        ("解决不了登录问题", Reporting("解决不了登录问题", plainly=True)),
        ("resolve: not yet", Reporting("resolve: not yet", plainly=True)),
    ],
)  # fmt: skip
def test_text_is_parsed_as_command_or_report(text: str, wanted: Any) -> None:
    assert asked(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ack", Acting("acknowledge", "", "")),
        ("resolve: rebooted", Acting("resolve", "", "rebooted")),
        ("解决:已重启", Acting("resolve", "", "已重启")),
        ("resolve it please", Reporting("resolve it please", plainly=True)),
        (f"ack {N}", Acting("acknowledge", N, "")),
    ],
)
def test_command_in_incident_thread_needs_no_number(text: str, wanted: Any) -> None:
    assert asked(text, in_thread=True) == wanted
