"""Letters to reporters about their own reports. Pure."""

from collections.abc import Mapping
from typing import Any

from gateway.incidents.labels import label
from gateway.notify.texts.phrases import (
    MessageReader,
    duration_words,
    local_time,
    multi_line,
    one_line,
)
from gateway.vocabulary import Closure, Resolution

Sentence = tuple[str, str, tuple[str, ...]]
"""A paragraph in English and in Chinese, and the values without which it is left out."""

TITLE: Sentence = ("Your report: {title}", "您的报告：{title}", ("title",))
RESULT: Sentence = ("Result: {result}", "处理结果：{result}", ("result",))
SOLUTION: Sentence = ("Solution:\n{solution}", "解决方案：\n{solution}", ("solution",))
FOLLOW: Sentence = ("Read it or add to it here:\n{link}", "查看或补充，请打开：\n{link}", ("link",))
REPLY: Sentence = (
    "You can also reply to this message.",
    "您也可以直接回复本邮件。",
    ("answers",),
)

LETTERS: Mapping[str, tuple[Sentence, ...]] = {
    "received": (
        (
            "We have received your report. Its number is {number}.",
            "您的报告已受理，编号：{number}。",
            (),
        ),
        TITLE,
        FOLLOW,
        REPLY,
    ),
    "taken_up": (
        (
            "Your report {number} is assigned to the people who will work on it.",
            "您的报告 {number} 已分派给处理人员。",
            (),
        ),
        TITLE,
        FOLLOW,
        REPLY,
    ),
    "awaiting_reporter": (
        (
            "To continue with your report {number} we need an answer from you.",
            "您的报告 {number} 需要您答复后才能继续处理。",
            (),
        ),
        TITLE,
        ("Our question:\n{question}", "我们的问题：\n{question}", ("question",)),
        ("Please answer here:\n{link}", "请在此答复：\n{link}", ("link",)),
        REPLY,
        (
            "Work on it is paused until we hear from you.",
            "收到您的答复之前，处理暂停。",
            (),
        ),
    ),
    "resolved": (
        (
            "We believe that your report {number} is resolved.",
            "您的报告 {number} 已解决，请您确认。",
            (),
        ),
        TITLE,
        RESULT,
        SOLUTION,
        (
            (
                "Is it solved? Please confirm it and rate our work here, "
                "or tell us that it is not solved:\n{link}"
            ),
            "问题解决了吗？请在此确认并评价，或告诉我们问题仍未解决：\n{link}",
            ("link",),
        ),
        (
            "If it is not solved, you can also reply to this message, and we will continue.",
            "如未解决，您也可以直接回复本邮件，我们将继续处理。",
            ("answers",),
        ),
        (
            "If we hear nothing from you, it closes by itself in {closes_in}: {closes_at}.",
            "如未收到您的答复，将在 {closes_in}后自动关闭：{closes_at}。",
            ("closes_in", "closes_at"),
        ),
    ),
    "master_resolved": (
        (
            (
                "The fault that your report {number} was linked to is resolved. "
                "We will check your report itself next."
            ),
            "与您的报告 {number} 关联的故障已解决，我们将继续核实您的报告。",
            (),
        ),
        TITLE,
        (
            "Does it work for you again, or not yet? Please tell us here:\n{link}",
            "是否已恢复正常？请在此告诉我们：\n{link}",
            ("link",),
        ),
        REPLY,
    ),
    "closed": (
        ("Your report {number} is closed.", "您的报告 {number} 已关闭。", ()),
        (
            "We had no answer from you after it was resolved.",
            "解决后未收到您的答复。",
            ("silence",),
        ),
        TITLE,
        RESULT,
        SOLUTION,
        (
            "Are you satisfied? Please rate our work here:\n{link}",
            "您满意吗？请在此评价：\n{link}",
            ("link", "unrated"),
        ),
        (
            "If the problem comes back, please report it again and mention this number.",
            "如问题再次出现，请重新报告并注明此编号。",
            (),
        ),
    ),
    "rejected": (
        (
            "We cannot take up your report {number}: it is outside our agreed services.",
            "您的报告 {number} 不在约定的服务范围内，未予受理。",
            (),
        ),
        TITLE,
        ("Reason:\n{reason}", "原因：\n{reason}", ("reason",)),
        ("Read it here:\n{link}", "查看请打开：\n{link}", ("link",)),
    ),
    "shelved": (
        (
            "Work on your report {number} is put off for now.",
            "您的报告 {number} 暂缓处理。",
            (),
        ),
        (
            "It goes on at {shelved_until} at the latest.",
            "最迟于 {shelved_until} 恢复处理。",
            ("shelved_until",),
        ),
        TITLE,
        FOLLOW,
        REPLY,
    ),
    "unshelved": (
        (
            "We go on with your report {number}.",
            "您的报告 {number} 已恢复处理。",
            (),
        ),
        TITLE,
        FOLLOW,
        REPLY,
    ),
    "reopened": (
        (
            "Your report {number} is open again, and work on it continues.",
            "您的报告 {number} 已重新打开，继续处理。",
            (),
        ),
        TITLE,
        FOLLOW,
        REPLY,
    ),
}
"""The paragraphs of each letter, in this order."""


def render_letter(template: str, facts: Mapping[str, Any], reader: MessageReader) -> str:
    """Return the text of a letter in LETTERS."""
    values = _values(facts, reader)
    return "\n\n".join(
        reader.choose((english, chinese)).format_map(values)
        for english, chinese, needed in LETTERS[template]
        if all(values.get(name) for name in needed)
    )


def _values(facts: Mapping[str, Any], reader: MessageReader) -> dict[str, str]:
    """Return the facts in the reader's language and zone; "" for those that are missing."""
    values = {
        "number": one_line(facts.get("number") or "?"),
        "title": one_line(facts.get("title") or ""),
        "result": _result(facts.get("resolution"), reader),
        "link": reader.link,
        "answers": one_line(facts.get("answers") or ""),
        "silence": "yes" if facts.get("closure") == Closure.AUTOMATIC else "",
        "unrated": "" if facts.get("satisfaction") else "yes",
    }
    for name in ("solution", "question", "reason"):
        values[name] = multi_line(facts.get(name) or "")
    closes_at, closes_in = facts.get("closes_at"), facts.get("closes_in_s")
    if closes_at and isinstance(closes_in, int | float):
        values |= {
            "closes_at": local_time(closes_at, reader),
            "closes_in": duration_words(closes_in, reader),
        }
    if until := facts.get("shelved_until"):
        values["shelved_until"] = local_time(until, reader)
    return values


def _result(value: Any, reader: MessageReader) -> str:
    return label(Resolution(value), reader.locale) if value in set(Resolution) else ""
