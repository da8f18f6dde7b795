"""The texts of the page that a link in a message to staff opens, in both languages. Pure."""

from collections.abc import Mapping

from gateway.incidents.labels import Locale
from gateway.pages.words import Translations, in_language
from gateway.settings.notify import NOTIFICATION_CHANNELS

STAFF_WORDS: Mapping[str, Translations] = {
    "calling": ("calling {}", "在叫 {}"),
    "priority": ("priority", "优先级"),
    "left": ("left for {}", "离{}超时"),
    "late": ("late: {}", "{}已超时"),
    "stopped": ("stopped: {}", "{}已暂停"),
    "due": ("due {}, target {}", "截止 {}，目标 {}"),
    "share": ("{} % of the target used", "目标时间已用 {}%"),
    "as_of": ("as of {}", "截至 {}"),
    "refresh": ("Show it anew", "刷新"),
    "since": ("Since", "从何时"),
    "since_at": ("{}, {} ago", "{} 起，{}"),
    "alerts": ("{} alerts", "告警 {} 次"),
    "shelved": ("Shelved", "已搁置"),
    "shelved_until": ("until {}", "至 {}"),
    "shelved_event": ("or when {}", "或{}时"),
    "shelved_by": ("by {}", "由 {} 搁置"),
    "effect": ("Effect", "影响"),
    "owner": ("Has it", "谁在管"),
    "nobody": ("nobody has it", "还没有人"),
    "has_since": ("{} since {}", "{}，{} 起"),
    "called": ("Called", "叫过谁"),
    "nobody_called": ("nobody yet", "还没有"),
    "next": ("Next", "接下来"),
    "service_desk": ("the service desk", "服务台"),
    "more": ("+{}", "等另外 {} 人"),
    "you": ("you", "你"),
    "pending": ("on the way", "发送中"),
    "sent": ("delivered", "已送达"),
    "dead": ("not delivered", "未送达"),
    "accept": ("Take it", "我来接手"),
    "accept_does": (
        "You then have it, and nobody else is called. The clocks of the solution go on.",
        "接手后不再呼叫其他人。解决时钟照走。",
    ),
    "decline": ("I cannot, call {} now", "我接不了，现在就叫 {}"),
    "mine": ("You have it.", "你正在处理。"),
    "taken": ("{} has it since {}.", "{} 已于 {} 接手。"),
    "taken_now": ("{} has it.", "{} 正在处理。"),
    "phone_them": ("Call {}", "打电话给 {}"),
    "over": ("Nothing is left to do here: it is {}.", "这里没有要做的事：{}。"),
    "look_only": (
        (
            "This link was sent to an address of several people, so it is to read only. "
            "Act by a link of your own, or sign in."
        ),
        "此链接发往公共地址，仅供查看。请用发给你本人的链接操作，或登录后操作。",
    ),
    "note": ("Note", "备注"),
    "note_text": ("What should others know?", "要让别人知道什么？"),
    "note_do": ("Add the note", "添加备注"),
    "escalate": ("Escalate", "升级"),
    "escalate_to": ("To whom?", "升级给谁？"),
    "tier3": ("tier 3", "三线"),
    "vendor": ("a vendor", "供应商"),
    "vendor_name": ("Which vendor?", "哪个供应商？"),
    "why": ("Why?", "原因"),
    "escalate_do": ("Escalate it", "升级"),
    "resolve": ("Resolve", "解决"),
    "solution": ("How was it solved?", "怎样解决的？"),
    "resolve_do": ("It is resolved", "已解决"),
    "release": ("Give it back", "交回"),
    "release_why": (
        "Why? Within a minute of taking it you need not say.",
        "原因（接手一分钟内可不填）",
    ),
    "release_do": ("Give it back, call {} now", "交回，现在就叫 {}"),
    "fields_first": (
        "Set first, in the gateway: {}",
        "请先在系统中填写：{}",
    ),
    "not_open": ("Not open to you now: {}", "现在不能执行的操作：{} 项"),
    "description": ("Description", "描述"),
    "links": ("Links", "链接"),
    "labels": ("Labels", "标签"),
    "solved_by": ("Solution", "解决方案"),
    "story": ("What has happened", "处理过程"),
    "earlier": ("Only the newest entries are shown.", "仅显示最近的记录。"),
    "private": (
        "This page is for you alone: do not pass its address on.",
        "本页只供你本人使用，请勿转发链接。",
    ),
    "done_accept": ("You have it now.", "已由你接手。"),
    "done_decline": ("Noted: {} is called now.", "已记下，正在叫 {}。"),
    "done_release": ("You gave it back: {} is called now.", "已交回，正在叫 {}。"),
    "done_note": ("The note is added.", "备注已添加。"),
    "done_escalate": ("It is escalated.", "已升级。"),
    "done_resolve": ("It is resolved.", "已标记为解决。"),
    "not_done": ("Nothing was done.", "未执行任何操作。"),
    "stale_reopened": (
        "It was opened again at {}, after this page was made. Look at it again, then decide.",
        "此事件在页面生成后于 {} 重新打开。请重新查看后再决定。",
    ),
    "stale_raised": (
        "It became more urgent at {}, after this page was made. Look at it again, then decide.",
        "此事件在页面生成后于 {} 提高了优先级。请重新查看后再决定。",
    ),
    "stale_taken": (
        "{} took it at {}, after this page was made.",
        "{} 已在页面生成后于 {} 接手。",
    ),
    "missing": ("Something is missing: {}", "内容不完整：{}"),
    "missing_solution": ("say how it was solved.", "请写明怎样解决的。"),
    "missing_note": ("write the text.", "请填写内容。"),
    "missing_reason": ("say why.", "请写明原因。"),
    "missing_vendor": ("name the vendor.", "请写明供应商。"),
    "missing_other": ("this cannot be saved as it is.", "无法按此内容保存。"),
    "expired": ("This link has expired", "此链接已过期"),
    "expired_why": (
        "Links end after a while. A new one can be sent to you, by your own contact methods.",
        "链接有有效期。可以按你的联系方式重新发送一个。",
    ),
    "expired_role": (
        "Open the newest message about it, or look it up in the gateway.",
        "请打开关于它的最新消息，或在系统中查找。",
    ),
    "renew": ("Send me a new link", "给我发送新链接"),
    "renewed": ("A new link is on its way to you.", "新链接已发出。"),
    "days": ("{} d {} h", "{} 天 {} 小时"),
    "minutes": ("{} min", "{} 分钟"),
    "hours": ("{} h {} min", "{} 小时 {} 分钟"),
}
"""The words of the page by name; in Chinese its reader is addressed as a colleague."""

STORY_EVENTS: Mapping[str, Translations] = {
    "raised": ("priority raised", "提高优先级"),
    "eased": ("milder alert", "告警减轻"),
    "declined": ("declined", "接不了"),
    "released": ("given back", "交回"),
    "unacknowledged": ("acknowledgement withdrawn", "取消确认"),
    "sla_warning": ("target nearly used", "即将超时"),
    "sla_breached": ("target missed", "已超时"),
    "declared_major": ("declared major", "定为重大事件"),
    "changed": ("corrected", "更正"),
    "graded": ("graded", "已评定级别"),
}
"""The words for the timeline events that staff read here beside those of reporters."""


def channel_label(channel: str, locale: Locale) -> str:
    """Return the words for a channel of messages, "" while a person has not been reached yet."""
    if channel == "person":
        return ""
    known = NOTIFICATION_CHANNELS.get(channel)
    label = known.label if known is not None and known.label[0] else (channel, channel)
    return in_language(label, locale)


def staff_vocabulary(locale: Locale) -> Mapping[str, str]:
    """Return all words of the page in one language."""
    return {name: in_language(words, locale) for name, words in STAFF_WORDS.items()}
