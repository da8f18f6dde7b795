"""The texts of the page on which people subscribe their browsers, in both languages. Pure."""

from collections.abc import Mapping

from gateway.pages.words import Translations

WORDS: Mapping[str, Translations] = {
    "heading": ("Notifications in this browser", "在此浏览器中接收通知"),
    "for": ("For {}", "接收人：{}"),
    "why": (
        (
            "This browser shows a notification when you are called to an incident, "
            "also while this page is closed. What it says is encrypted for this browser alone."
        ),
        (
            "有事件需要您处理时，此浏览器会弹出通知，关闭本页后同样有效。"
            "通知内容经过加密，只有此浏览器能够解读。"
        ),
    ),
    "no_script": (
        (
            "This page needs JavaScript to subscribe the browser: switch it on for this address, "
            "then load the page again."
        ),
        "订阅通知需要 JavaScript：请为本网址启用 JavaScript，然后重新加载本页。",
    ),
    "missing": (
        (
            "This browser cannot receive notifications from here. Open this page by https in a "
            "current Chrome, Edge, Firefox or Safari, not in a private window. On an iPhone or "
            "iPad, first add this page to the Home Screen and open it from there."
        ),
        (
            "此浏览器无法接收本站通知。请通过 https 用新版 Chrome、Edge、Firefox 或 Safari "
            "打开本页，且不要使用无痕窗口。iPhone 和 iPad 请先将本页添加到主屏幕，再从主屏幕打开。"
        ),
    ),
    "denied": (
        (
            "Notifications from this address are blocked. Allow them in the settings of the "
            "browser, then load this page again."
        ),
        "浏览器已阻止本站通知。请在浏览器设置中允许通知，然后重新加载本页。",
    ),
    "failed": (
        (
            "The browser could not be subscribed: its push service did not answer. "
            "Check the connection to the internet, then try again."
        ),
        "订阅失败：浏览器的推送服务没有响应。请检查互联网连接后重试。",
    ),
    "ended": (
        "This link is no longer valid. Ask for another one.",
        "此链接已失效，请重新获取。",
    ),
    "full": (
        "No further browser can be subscribed. Remove one from the list below, then try again.",
        "已达到浏览器数量上限。请先从下方列表中移除一个，然后重试。",
    ),
    "here": ("This browser is called.", "此浏览器已可接收通知。"),
    "subscribe": ("Subscribe this browser", "在此浏览器中接收通知"),
    "again": ("Try again", "重试"),
    "browsers": ("Your browsers", "您的浏览器"),
    "none": ("No browser is subscribed yet.", "尚未订阅任何浏览器。"),
    "unnamed": ("Browser", "浏览器"),
    "since": ("since {}", "订阅于 {}"),
    "last": ("last notification {}", "最近通知 {}"),
    "unreached": ("not reached the last {} times", "最近 {} 次未送达"),
    "remove": ("Remove", "移除"),
    "this": ("this browser", "此浏览器"),
    "test": ("Send a test to all of them", "向全部浏览器发送测试通知"),
    "sent": (
        (
            "The test was sent. If nothing appears within a minute, check whether the system lets "
            "this browser show notifications, and that no focus mode hides them."
        ),
        (
            "测试通知已发送。若一分钟内没有出现，请检查系统是否允许此浏览器显示通知，"
            "以及是否开启了勿扰模式。"
        ),
    ),
    "unsent": (
        (
            "No push service took the test. Try again in a minute; if it fails again, "
            "tell the administrators."
        ),
        "推送服务未接受测试通知。请一分钟后重试；若仍然失败，请联系管理员。",
    ),
    "removed": ("The browser was removed from the list.", "已从列表中移除该浏览器。"),
    "ends": (
        (
            "This page can be opened until {}. It is for you alone: do not pass on its address. "
            "Notifications go on after that."
        ),
        "本页有效期至 {}。本页仅供您本人使用，请勿转发网址。到期后通知仍然有效。",
    ),
}

NOTICES = frozenset({"sent", "unsent", "removed"})
"""The texts that tell of what a form did."""
