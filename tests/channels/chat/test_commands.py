"""The text of a chat message is parsed as a command or as a report."""

from typing import Any

import pytest

from gateway.channels.chat.commands import (
    ActionCommand,
    HelpCommand,
    LinkCommand,
    NoteCommand,
    ReportCommand,
    StatusCommand,
    parse_command,
)

N = "INC-20260302-000001"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The printer is on fire", ReportCommand("The printer is on fire", plainly=True)),
        ("report the printer is on fire", ReportCommand("the printer is on fire")),
        ("Report: the printer", ReportCommand("the printer")),
        ("/report the printer", ReportCommand("the printer")),
        ("报告 打印机坏了", ReportCommand("打印机坏了")),
        ("报障：打印机坏了", ReportCommand("打印机坏了")),
        ("报告打印机坏了", ReportCommand("打印机坏了")),
        (f"ack {N}", ActionCommand("acknowledge", N, "")),
        (f"ACK {N.lower()}", ActionCommand("acknowledge", N, "")),
        (f"受理{N}", ActionCommand("acknowledge", N, "")),
        (f"decline {N} on a train", ActionCommand("decline", N, "on a train")),
        (f"接不了 {N} 在高铁上", ActionCommand("decline", N, "在高铁上")),
        ("接不了电话", ReportCommand("接不了电话", plainly=True)),
        (f"resolve {N} rebooted it", ActionCommand("resolve", N, "rebooted it")),
        (f"解决 {N} 已重启\n两次", ActionCommand("resolve", N, "已重启\n两次")),
        (f"status {N}", StatusCommand(N)),
        (f"状态 {N}", StatusCommand(N)),
        (f"note {N}: also floor 2", NoteCommand(N, "also floor 2")),
        (f"备注 {N} 二楼也是", NoteCommand(N, "二楼也是")),
        ("ack", ActionCommand("acknowledge", "", "")),
        ("status", StatusCommand("")),
        ("link k7m2pqrs9abc", LinkCommand("k7m2pqrs9abc")),
        ("绑定 K7M2PQRS9ABC", LinkCommand("k7m2pqrs9abc")),
        ("help", HelpCommand()), ("帮助", HelpCommand()), ("report", HelpCommand()),
        ("", HelpCommand()), ("Hi!", HelpCommand()), ("你好", HelpCommand()),
        ("thank  you.", HelpCommand()), ("？", HelpCommand()), ("...", HelpCommand()),
        ("Resolve this soon, mail is down",
         ReportCommand("Resolve this soon, mail is down", plainly=True)), ("status of mail: down",
         ReportCommand("status of mail: down", plainly=True)),
        ("acknowledgements are slow", ReportCommand("acknowledgements are slow", plainly=True)),
        ("report INC", ReportCommand("INC")),
        ("link is down", ReportCommand("link is down", plainly=True)),
        ("解决不了登录问题", ReportCommand("解决不了登录问题", plainly=True)),
        ("resolve: not yet", ReportCommand("resolve: not yet", plainly=True)),
    ],
)  # fmt: skip
def test_text_is_parsed_as_command_or_report(text: str, wanted: Any) -> None:
    assert parse_command(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ack", ActionCommand("acknowledge", "", "")),
        ("resolve: rebooted", ActionCommand("resolve", "", "rebooted")),
        ("解决:已重启", ActionCommand("resolve", "", "已重启")),
        ("resolve it please", ReportCommand("resolve it please", plainly=True)),
        (f"ack {N}", ActionCommand("acknowledge", N, "")),
    ],
)
def test_command_in_incident_thread_needs_no_number(text: str, wanted: Any) -> None:
    assert parse_command(text, in_thread=True) == wanted
