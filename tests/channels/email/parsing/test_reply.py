"""The new text of a reply is separated from quotations; in doubt, the record keeps both."""

import pytest

from gateway.channels.email.parsing.reply import ParsedReply, parse_reply
from gateway.notify.reply_tokens import reply_marker_line

QUOTES = {
    "Gmail": "On Mon, Mar 2, 2026 at 8:00 PM Desk <desk@example.com> wrote:\n> old\n> words",
    "Gmail, broken": (
        "On Mon, Mar 2, 2026 at 8:00 PM The Service Desk\n<desk@example.com> wrote:\n\n> old"
    ),
    "Gmail in Chinese": "Desk <desk@example.com> 于2026年3月2日周一 20:00写道：\n\n> old",
    "163": '在 2026-03-02 20:00:00，"Desk" <desk@example.com> 写道：\nold\nwords',
    "Apple in Chinese": "在 2026年3月2日，下午8:00，Desk <desk@example.com> 写道：\n\n> old",
    "QQ": '------------------ 原始邮件 ------------------\n发件人: "Desk" <desk@example.com>;\nold',
    "QQ with other spaces": "------------------\u00a0原始邮件\u00a0------------------\nold",
    "Outlook in Chinese": (
        "发件人: Desk <desk@example.com>\n发送时间: 2026年3月2日 20:00\n"
        "收件人: Ann\n主题: 磁盘\n\nold"
    ),
    "Foxmail": "发件人： Desk\n发送时间： 2026-03-02 20:00\n收件人： Ann\nold",
    "Outlook": (
        "From: Desk <desk@example.com>\nSent: Monday, March 2, 2026 8:00 PM\n"
        "To: Ann\nSubject: disk\n\nold"
    ),
    "Outlook on the web": (
        "________________________________\nFrom: Desk <desk@example.com>\n"
        "Sent: Monday, March 2, 2026\nold"
    ),
    "Outlook, plain": "-----Original Message-----\nFrom: Desk\nold",
    "German": "Am 02.03.2026 um 20:00 schrieb Desk:\n> old",
    "French": "Le lun. 2 mars 2026 à 20:00, Desk <desk@example.com> a écrit :\n> old",
    "163 in English": 'At 2026-03-02 20:00:00, "Desk" <desk@example.com> wrote:\nold\nwords',
    "163 with a table": "---- 回复的原邮件 ----\n| 发件人 | Desk<desk@example.com> |\nold",
    "163 with a table in English": "---- Replied Message ----\n| From | Desk |\nold",
    "QQ in English with spaces": "------------------ Original ------------------\nFrom: Desk\nold",
    "QQ in English": (
        '---Original---\nFrom: "Desk"<desk@example.com>\nDate: Mon, Mar 2, 2026 20:00 PM\nold'
    ),
    "Outlook in Danish": (
        "Fra: Desk <desk@example.com>\nSendt: 2. marts 2026 20:00\nTil: Ann\nEmne: Re: disk\n\nold"
    ),
    "Outlook in Swedish": (
        "Från: Desk\nSkickat: den 2 mars 2026 20:00\nTill: Ann\nÄmne: Re: disk\n\nold"
    ),
    "Outlook in Polish": (
        "Od: Desk\nWysłano: poniedziałek, 2 marca 2026 20:00\nDo: Ann\nTemat: Re: disk\n\nold"
    ),
    "Outlook in Russian": (
        "От: Desk\nОтправлено: 2 марта 2026 г. 20:00\nКому: Ann\nТема: Re: disk\n\nold"
    ),
    "Outlook in a language that is not listed": (
        "Oddi wrth: Desk <desk@example.com>\nAnfonwyd: 2 Mawrth 2026 20:00\nAt: Ann\nold"
    ),
    "Thunderbird in Norwegian": "Den 02.03.2026 20:00, skrev Desk:\n> old",
    "a program in a language that is not listed": (
        "Dydd Llun 2 Mawrth 2026 ysgrifennodd Desk <desk@example.com>:\nold"
    ),
    "the same, broken": "Dydd Llun 2 Mawrth 2026 20:00\nysgrifennodd Desk <desk@example.com>:\nold",
    "Swedish, plain": "-----Ursprungligt meddelande-----\nold",
    "Japanese": "2026年3月2日(月) 20:00 Desk <desk@example.com>:\n> old",
    "ours": reply_marker_line("en") + "\n\nold",
    "ours in Chinese": "> " + reply_marker_line("zh-CN") + "\n> old",
    "a telephone's footer": "\nSent from my iPhone",
    "a telephone's footer in Chinese": "\n发自我的 iPhone",
    "a signature": "-- \nAnn\nExample Corp.",
}


@pytest.mark.parametrize("program", QUOTES)
@pytest.mark.parametrize(
    "own", ["It is still broken.\nPlease hurry.", "还是不行。\n注意：磁盘又满了，谢谢，"]
)
def test_quotation_and_signature_are_removed_from_reply(program: str, own: str) -> None:
    assert parse_reply(f"{own}\n\n{QUOTES[program]}\n") == ParsedReply(own, own, certain=True)


DOUBTFUL = {
    "an address before a colon": "Desk desk@example.com wrote this:\nIt does not work.",
    "a date before a colon": "2026-03-02 20:00 Desk said:\nIt does not work.",
    "a block of labels": "Alpha: Desk\nBeta: 2 Mawrth 2026 20:00\nGamma: Ann\nIt does not work.",
    "a separator": "---------- Videresendt besked ----------\nIt does not work.",
    "a rule": "________________________________\nIt does not work.",
    "Notes": "Desk <desk@example.com>\n11/29/2026 10:20 AM\n\n    To:  Ann\nIt does not work.",
    "a day and a time": "29.11.2026 10:20\n\nAn\nAnn\nIt does not work.",
    "a name and an address": "Desk <desk@example.com>\nIt does not work.",
    "an address alone": "[mailto:desk@example.com] On Behalf Of Desk\nIt does not work.",
    "a word for the original": "原始邮件 来自 Desk:\n还是打不开",
    "bars": "| It does not work.",
    "colons": ": It does not work.",
    "initials": "AB> It does not work.",
    "what the record says": "The disk is full.\nIt does not work.",
}


@pytest.mark.parametrize("program", DOUBTFUL)
def test_doubtful_quotation_is_kept_and_marked_uncertain(program: str) -> None:
    text = f"Thanks, it works!\n\n{DOUBTFUL[program]}"
    assert parse_reply(text, "disk\nThe disk is full.") == ParsedReply(
        text, "Thanks, it works!", certain=False
    )


@pytest.mark.parametrize(
    "line", ["Ann Example <ann@example.com>", "ann@example.org<mailto:ann@example.org>"]
)
def test_own_address_in_signature_keeps_reply_certain(line: str) -> None:
    text = f"Thanks, it works!\n\n{line}"
    assert parse_reply(text, own_addresses={"ann@example.com"}) == ParsedReply(
        text, text, certain=True
    )


BELOW = [
    "Answers are in the text.",
    "My comments are within your mail.",
    "Please see my remarks marked with ##",
    "答复在原文里。",
    "逐条回复如下",
    "Hi,\nBest, Kim",
]


@pytest.mark.parametrize("own", BELOW)
def test_answers_inside_quotation_are_kept_when_announced(own: str) -> None:
    text = f"{own}\n\nFrom: Desk\nSent: Monday\nTo: Kim\n\nWhich model?\nCanon X1"
    assert parse_reply(text).note == text


def test_known_signature_keeps_reply_certain() -> None:
    text = "Thanks, it works!\n\nAnn Example\nAccounting, Example Corp."
    known = "The disk is full.\n\nAnn Example\nAccounting, Example Corp."
    assert parse_reply(text, known) == ParsedReply(text, "Thanks, it works!", certain=True)


def test_known_disclaimer_keeps_reply_certain() -> None:
    ending = "----------------\nThis mail is confidential.\nErrors are not ours.\n\nAnn"
    text = f"Thanks, it works!\n\n{ending}"
    assert parse_reply(text, f"The disk is full.\n\n{ending}") == ParsedReply(
        text, "Thanks, it works!", certain=True
    )
    assert parse_reply(text, "The disk is full.") == ParsedReply(
        text, "Thanks, it works!", certain=False
    )


def test_repeated_text_alone_is_new_reply() -> None:
    assert parse_reply("The disk is full.", "The disk is full.") == ParsedReply(
        "The disk is full.", "The disk is full.", certain=True
    )


def test_answers_between_quoted_lines_are_kept_and_uncertain() -> None:
    text = "On Mon, 2 Mar 2026, Desk wrote:\n> which disk?\nthe first\n> since when?\nsunday\n"
    assert parse_reply(text) == ParsedReply("the first\nsunday", "", certain=False)
    wrapped = (
        "Thanks!\n\nOn Mon, 2 Mar 2026, Desk wrote:\n> a long line that a relay\n"
        "broke in two: it fails\n> more"
    )
    assert (parse_reply(wrapped).new, parse_reply(wrapped).certain) == ("Thanks!", False)


def test_text_below_quoted_lines_is_new() -> None:
    text = "On Mon, 2 Mar 2026, Desk wrote:\n> does it work?\n\nNo, it still fails.\nSorry."
    assert parse_reply(text) == ParsedReply(
        "No, it still fails.\nSorry.", "No, it still fails.\nSorry.", certain=True
    )


OUTLOOK = (
    "From: Desk <desk@example.com>\nSent: Sunday, November 29, 2026 10:20 AM\nTo: Kim\n"
    "Subject: Re: x\n\nWhich?\nCanon X1 (mine)"
)


@pytest.mark.parametrize(
    "above",
    ["See my answers below.", "Antworten siehe unten, in Rot.", "见下文", "答复如下，红色字体",
     "Hello,", "Hi Kim\n\nBest regards,\nAnn", "",
     "您好，"],
)  # fmt: skip
def test_quotation_with_inline_answers_is_kept_whole(above: str) -> None:
    text = f"{above}\n\n{OUTLOOK}".strip()
    reply = parse_reply(text)
    assert (reply.note, reply.certain) == (text, False)
    assert "Canon" not in reply.new


@pytest.mark.parametrize(
    "own", ["OK", "好", "Hello, it still fails.", "您好，还是不行", "Yes\n\nBest regards,\nAnn"]
)
def test_short_answer_above_quotation_is_certain(own: str) -> None:
    assert parse_reply(f"{own}\n\n{OUTLOOK}") == ParsedReply(own, own, certain=True)


@pytest.mark.parametrize(
    "text",
    [
        "他在邮件里写道：\n磁盘满了",
        "On the other hand he wrote:",
        "发件人：不明\n内容：见附件",
        "From: nobody in particular, it just broke",
        "- one\n- two\n\nThanks,\nAnn",
        "---------- Forwarded message ---------\nwords",
        "> only quoted",
        "注意：\n磁盘满了",
    ],
)
def test_own_text_like_quotation_header_is_kept(text: str) -> None:
    assert parse_reply(text).note == text


@pytest.mark.parametrize(
    "line",
    ["1" * 2_000, "On " * 700, "在1" * 700, "From: " * 300, "<" * 2_000, " " * 2_000, "- " * 900],
)
@pytest.mark.timeout(10)  # quadratic time in the length would take minutes
def test_reply_is_parsed_in_linear_time(line: str) -> None:
    parse_reply((line + "\n") * 100)
