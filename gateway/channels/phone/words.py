"""The texts that callers hear and that records hold on calls, in both languages. Pure."""

from collections.abc import Mapping

from gateway.incidents.labels import LOCALES, Locale

SAID: Mapping[str, tuple[str, str]] = {
    "language": ("For English, press {key}.", "中文请按{key}。"),
    "menu": (
        (
            "To report a fault, press 1. To hear how your open record stands, press 2. "
            "To hear this again, press 9."
        ),
        "报告故障请按1，查询您的事件处理状态请按2，重听请按9。",
    ),
    "desk": ("To speak to the service desk, press 0.", "转接服务台请按0。"),
    "report": (
        (
            "Please say after the tone who you are and what does not work. "
            "Press the hash key when you are done."
        ),
        "请在提示音后说明您的姓名和故障情况，说完请按井号键。",
    ),
    "thanks": ("Thank you. Your record has the number {number}.", "谢谢，您的事件编号是{number}。"),
    "recorded": ("Thank you. Your report was taken.", "谢谢，您的报障已受理。"),
    "unheard": ("Nothing was recorded.", "没有录到您的声音。"),
    "standing": ("Your record {number} is {state}.", "您的事件{number}，当前状态：{state}。"),
    "none": ("There is no open record of your number.", "您的号码没有未结束的事件。"),
    "busy": ("Nobody is free at the moment.", "暂时无人接听。"),
    "goodbye": ("Goodbye.", "再见。"),
    "sorry": (
        "Your call cannot be taken at the moment. Please call again in a few minutes.",
        "暂时无法受理您的来电，请几分钟后再拨。",
    ),
    "alarm": (
        "Incident {number}, priority {priority}: {title}. It is {state}.",
        "事件{number}，优先级{priority}：{title}。{state}。",
    ),
    "press": (
        "To acknowledge it, press 1. To hear this again, press 2.",
        "确认接单请按1，重听请按2。",
    ),
    "acknowledged": ("You have taken on incident {number}.", "您已接单，事件{number}。"),
    "changed": ("The record has changed since you were called.", "来电后该事件已有变化。"),
    "refused": ("This record is not for you to acknowledge.", "您不能确认此事件。"),
    "restricted": (
        "There is an urgent incident that you may not hear about. Please call an incident manager.",
        "有一起您无权了解的紧急事件，请致电事件经理。",
    ),
    "received": ("Your message is recorded as {number}.", "您的短信已受理，事件编号{number}。"),
    "resend": ("Your message could not be taken. Please call.", "短信未能受理，请来电。"),
}

WRITTEN: Mapping[str, tuple[str, str]] = {
    "call": ("Call from {caller}", "来电：{caller}"),
    "missed": ("Missed call from {caller}", "未接来电：{caller}"),
    "message": ("Message from {caller}", "短信：{caller}"),
    "withheld": ("a withheld number", "未显示号码"),
    "again": ("Called again.", "再次来电。"),
    "update": ("More about the call.", "通话更新。"),
    "caller": ("Caller: {}", "主叫号码：{}"),
    "called": ("Called: {}", "被叫号码：{}"),
    "status": ("Call: {}", "通话状态：{}"),
    "started_at": ("Began: {}", "开始时间：{}"),
    "answered_at": ("Answered: {}", "接听时间：{}"),
    "ended_at": ("Ended: {}", "结束时间：{}"),
    "seconds": ("Lasted: {} s", "时长：{}秒"),
    "recordings": ("Recording: {}", "录音地址：{}"),
    "transcripts": ("Said: {}", "语音转写：{}"),
    "attached": ("Attached: {}", "附件地址：{}"),
}

STATUSES: Mapping[str, tuple[str, str]] = {
    "ringing": ("ringing", "振铃中"),
    "queued": ("waiting", "排队中"),
    "connected": ("connected", "已接通"),
    "answered": ("answered", "已接听"),
    "abandoned": ("hung up while waiting", "等待中挂断"),
    "busy": ("busy", "占线"),
    "canceled": ("cancelled", "已取消"),
    "completed": ("over", "已结束"),
    "failed": ("failed", "失败"),
    "no_answer": ("not answered", "无人接听"),
}


def spoken_text(word: str, locale: Locale, **facts: object) -> str:
    """Return a text for a caller."""
    return SAID[word][LOCALES.index(locale)].format_map(facts)


def record_text(word: str, locale: Locale, **facts: object) -> str:
    """Return a text for a record."""
    return WRITTEN[word][LOCALES.index(locale)].format_map(facts)


def line(word: str, value: object, locale: Locale) -> str:
    """Return one line of a note."""
    return WRITTEN[word][LOCALES.index(locale)].format(value)


def status(word: str, locale: Locale) -> str:
    """Return the label of a call's status."""
    return STATUSES[word][LOCALES.index(locale)]


def spell_number(number: str) -> str:
    """Return a record's number to be read out digit by digit.

    The leading zeros of its last part are left out.
    """
    day, _, last = number.removeprefix("INC-").partition("-")
    return ", ".join(" ".join(part) for part in (day, last.lstrip("0")) if part)
