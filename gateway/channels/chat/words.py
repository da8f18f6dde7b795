"""The texts of the gateway in chats, in both languages. Pure."""

from collections.abc import Mapping

from gateway.incidents.labels import LOCALES, Locale

HELP_EN = """report TEXT: make a record
ack NUMBER: take it on
decline NUMBER REASON: I cannot, call the next
resolve NUMBER SOLUTION: it is solved
status NUMBER: how it stands
note NUMBER TEXT: add to it
link CODE: say who you are"""

HELP_ZH = """报告 内容：新建记录
受理 编号：受理
接不了 编号 原因：请通知下一位
解决 编号 解决办法：已解决
状态 编号：查询进展
备注 编号 内容：补充
绑定 绑定码：确认身份"""

WORDS: Mapping[str, tuple[str, str]] = {
    "opened": ("Recorded as {number}.", "已受理，编号 {number}。"),
    "follows": ("Recorded as {number}: {earlier} has ended.", "{earlier} 已结束，新建 {number}。"),
    "added": ("Added to {number}.", "已补充到 {number}。"),
    "again": ("{number}: this was received before.", "{number}：此消息此前已受理。"),
    "standing": ("How it stands:", "当前情况："),
    "acknowledged": ("{number} is in your hands.", "{number} 已由您受理。"),
    "taken": ("{number} is in the hands of {handler} already.", "{number} 已由 {handler} 受理。"),
    "declined": (
        "{number}: noted that you cannot. The next is told.",
        "{number}：已记录您接不了，将通知下一位。",
    ),
    "not_called": (
        "Nothing was done: you were not told of {number} and do not have it.",
        "未执行：您未收到 {number} 的通知，也不是处理人，无需谢绝。",
    ),
    "resolved": ("{number} is resolved.", "{number} 已解决。"),
    "stale": (
        "Nothing was done: {number} was reopened or happened again after this was shown.",
        "未执行：此消息发出后 {number} 已重新打开或再次发生。",
    ),
    "stale_reopened": (
        "Nothing was done: {number} was opened again by {by} after this was shown.",
        "未执行：此消息发出后 {number} 已由 {by} 重新打开。",
    ),
    "stale_raised": (
        "Nothing was done: {number} became more urgent after this was shown. Look at it again.",
        "未执行：此消息发出后 {number} 的优先级已提高。请重新查看。",
    ),
    "stale_taken": (
        "Nothing was done: {by} took {number} after this was shown.",
        "未执行：此消息发出后 {number} 已由 {by} 受理。",
    ),
    "impossible": ("Nothing was done: {number} is {state}.", "未执行：{number} 目前为“{state}”。"),
    "forbidden": (
        "Nothing was done: your roles do not let you do this to {number}.",
        "未执行：您的角色无权对 {number} 执行此操作。",
    ),
    "incomplete": (
        "Nothing was done: {number} lacks something that is needed first.",
        "未执行：{number} 缺少必填内容。",
    ),
    "how_solved": (
        "Say how it was solved: resolve {number} WHAT WAS DONE",
        "请写明处理方法：解决 {number} 处理方法",
    ),
    "no_record": (
        "There is no such record, or none that you may see.",
        "没有这条记录，或您无权查看。",
    ),
    "no_button": ("This button is not ours, or no longer.", "此按钮无效或已失效。"),
    "which": ("Which record? Write its number after the word.", "是哪条记录？请在命令后写上编号。"),
    "stranger": (
        (
            "I do not know who you are here, so you can report but not act. "
            "Get a code of your own and write: link CODE"
        ),
        "尚不知道您是谁：您可以报告，但不能操作。请获取绑定码后发送：绑定 绑定码",
    ),
    "linked": ("You are {login} here from now on.", "已绑定：您在此处即 {login}。"),
    "bad_code": ("This code is not good, or no longer.", "绑定码无效或已过期。"),
    "linked_before": ("This account belongs to somebody already.", "此账号已绑定。"),
    "help": (HELP_EN, HELP_ZH),
}


def say(words: str, locale: Locale, **facts: object) -> str:
    """Return the text of this key with the facts filled in."""
    return WORDS[words][LOCALES.index(locale)].format(**facts)
