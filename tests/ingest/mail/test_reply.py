"""What is new in a reply."""

import pytest

from gateway.ingest.mail.reply import stripped
from gateway.notify.reply_tokens import above_this_line

QUOTES = {
    "Gmail": "On Mon, Mar 2, 2026 at 8:00 PM Desk <desk@example.com> wrote:\n> old\n> words",
    "Gmail, broken": "On Mon, Mar 2, 2026 at 8:00 PM The Service Desk\n<desk@example.com> wrote:\n\n> old",
    "Gmail in Chinese": "Desk <desk@example.com> 于2026年3月2日周一 20:00写道：\n\n> old",
    "163": '在 2026-03-02 20:00:00，"Desk" <desk@example.com> 写道：\nold\nwords',
    "Apple in Chinese": "在 2026年3月2日，下午8:00，Desk <desk@example.com> 写道：\n\n> old",
    "QQ": '------------------ 原始邮件 ------------------\n发件人: "Desk" <desk@example.com>;\nold',
    "QQ with other spaces": "------------------\u00a0原始邮件\u00a0------------------\nold",
    "Outlook in Chinese": "发件人: Desk <desk@example.com>\n发送时间: 2026年3月2日 20:00\n收件人: Ann\n主题: 磁盘\n\nold",
    "Foxmail": "发件人： Desk\n发送时间： 2026-03-02 20:00\n收件人： Ann\nold",
    "Outlook": "From: Desk <desk@example.com>\nSent: Monday, March 2, 2026 8:00 PM\nTo: Ann\nSubject: disk\n\nold",
    "Outlook, plain": "-----Original Message-----\nFrom: Desk\nold",
    "German": "Am 02.03.2026 um 20:00 schrieb Desk:\n> old",
    "French": "Le lun. 2 mars 2026 à 20:00, Desk <desk@example.com> a écrit :\n> old",
    "Japanese": "2026年3月2日(月) 20:00 Desk <desk@example.com>:\n> old",
    "ours": above_this_line("en") + "\n\nold",
    "ours in Chinese": "> " + above_this_line("zh-CN") + "\n> old",
    "a telephone's footer": "\nSent from my iPhone",
    "a telephone's footer in Chinese": "\n发自我的 iPhone",
    "a signature": "-- \nAnn\nExample Corp.",
}


@pytest.mark.parametrize("program", QUOTES)
@pytest.mark.parametrize("own", ["It is still broken.\nPlease hurry.", "还是不行。\n注意：磁盘又满了，谢谢，"])
def test_only_what_is_new_is_kept(program: str, own: str) -> None:
    assert stripped(f"{own}\n\n{QUOTES[program]}\n") == own


def test_answers_between_quoted_lines_are_kept() -> None:
    assert stripped("On Mon, 2 Mar 2026, Desk wrote:\n> which disk?\nthe first\n> since when?\nsunday\n") == "the first\nsunday"


@pytest.mark.parametrize(
    "text",
    [
        "他在邮件里写道：\n磁盘满了", "On the other hand he wrote:", "发件人：不明\n内容：见附件",
        "From: nobody in particular, it just broke",
        "- one\n- two\n\nThanks,\nAnn", "---------- Forwarded message ---------\nwords", "> only quoted", "注意：\n磁盘满了",
    ],
)  # fmt: skip
def test_what_people_write_themselves_is_left_alone(text: str) -> None:
    assert stripped(text) == text


@pytest.mark.parametrize("line", ["1" * 2_000, "On " * 700, "在1" * 700, "From: " * 300, "<" * 2_000, " " * 2_000, "- " * 900])
@pytest.mark.timeout(10)  # what grew with the square of its length would take minutes
def test_no_line_takes_long(line: str) -> None:
    stripped((line + "\n") * 100)
