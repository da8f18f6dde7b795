"""The first line of a reply is read as a command only if it is certainly one."""

import pytest

from gateway.channels.email.reply_commands import ReplyCommand, ReplyWord, read_reply_command
from gateway.incidents import commands


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ack", ReplyCommand(ReplyWord.ACCEPT)),
        ("  Accept.\n", ReplyCommand(ReplyWord.ACCEPT)),
        ("接手", ReplyCommand(ReplyWord.ACCEPT)),
        ("接手。\n马上看", ReplyCommand(ReplyWord.ACCEPT, "马上看")),
        ("ack: on it", ReplyCommand(ReplyWord.ACCEPT, "on it")),
        ("decline", ReplyCommand(ReplyWord.DECLINE)),
        ("I cannot", ReplyCommand(ReplyWord.DECLINE)),
        ("接不了：在火车上", ReplyCommand(ReplyWord.DECLINE, "在火车上")),
        ("release: wrong team", ReplyCommand(ReplyWord.RELEASE, "wrong team")),
        ("note: a\nb", ReplyCommand(ReplyWord.NOTE, "a\nb")),
        ("备注：在查", ReplyCommand(ReplyWord.NOTE, "在查")),
        ("Resolved:\nrestarted", ReplyCommand(ReplyWord.RESOLVE, "restarted")),
        ("解决：重启", ReplyCommand(ReplyWord.RESOLVE, "重启")),
        ("help", ReplyCommand(ReplyWord.HELP)),
        ("帮助", ReplyCommand(ReplyWord.HELP)),
        ("note", None),
        ("resolve", None),
        ("resolved", None),
        ("resolve:", None),
        ("ack, but later", None),
        ("I will decline that", None),
        ("accept the risk", None),
        ("解决了吗", None),
        ("", None),
        ("Looking at it.\nack", None),
    ],
)
def test_commands_are_read_in_both_languages(text: str, expected: ReplyCommand | None) -> None:
    assert read_reply_command(text) == expected


@pytest.mark.parametrize(
    ("word", "command"),
    [
        (ReplyWord.ACCEPT, commands.Acknowledge(note="x")),
        (ReplyWord.DECLINE, commands.Decline(reason="x")),
        (ReplyWord.RELEASE, commands.Release(reason="x")),
        (ReplyWord.NOTE, commands.Note(note="x")),
        (ReplyWord.RESOLVE, commands.Resolve(solution="x")),
        (ReplyWord.HELP, None),
    ],
)
def test_each_word_is_a_command_on_the_record(
    word: ReplyWord, command: commands.Command | None
) -> None:
    assert ReplyCommand(word, "x").command() == command
