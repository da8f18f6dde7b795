"""The texts of the pages for reporters, in both languages. Pure."""

from collections.abc import Mapping

from gateway.incidents.labels import LOCALES, Locale
from gateway.vocabulary import HoldReason, Impact, Urgency

Translations = tuple[str, str]

WORDS: Mapping[str, Translations] = {
    "language": ("Language", "语言"),
    "report": ("Report a problem", "报告故障"),
    "which": ("Which service is it about?", "是哪个服务出了问题？"),
    "none": ("No service accepts reports here at the moment.", "目前没有服务在此接受报告。"),
    "required": ("Fields marked with * are needed.", "标有 * 的为必填项。"),
    "title": ("What is the problem, in a few words?", "一句话说明问题"),
    "description": ("What happened? What did you expect?", "发生了什么？您期望的是什么？"),
    "since": ("Since when? (time in {})", "从什么时候开始？（{} 时间）"),
    "impact": ("How many people are affected?", "影响多少人？"),
    "urgency": ("Can you still work?", "您还能继续工作吗？"),
    "who": ("How can we reach you?", "我们怎样联系您？"),
    "who_hint": (
        "An e-mail address or a telephone number is needed.",
        "请至少填写电子邮箱或电话号码。",
    ),
    "name": ("Your name", "您的姓名"),
    "email": ("E-mail address", "电子邮箱"),
    "phone": ("Telephone, with country code if abroad", "电话（境外请加国家代码）"),
    "files": (
        "Pictures or other files: at most {}, {} MB in all",
        "图片或其他文件：最多 {} 个，合计不超过 {} MB",
    ),
    "files_again": ("Please choose your files again.", "请重新选择文件。"),
    "leave_empty": ("Leave this field empty", "请勿填写此栏"),
    "send": ("Send the report", "提交报告"),
    "mend": ("Not sent yet: please look at what is marked.", "尚未提交：请检查标出的内容。"),
    "missing": ("Please fill this in.", "请填写此项。"),
    "unreachable": (
        "Please give an e-mail address or a telephone number.",
        "请填写电子邮箱或电话号码。",
    ),
    "bad_email": ("This is not an e-mail address.", "电子邮箱格式不正确。"),
    "bad_phone": ("This is not a telephone number.", "电话号码格式不正确。"),
    "bad_since": ("This is not a date and time.", "日期时间格式不正确。"),
    "too_long": ("This is too long: at most {} characters.", "内容过长：最多 {} 个字符。"),
    "bad_choice": ("Please choose one of these.", "请选择其中一项。"),
    "too_many_files": ("At most {} files can be sent.", "最多可上传 {} 个文件。"),
    "file_too_large": ("A file here has at most {} MB.", "每个文件不得超过 {} MB。"),
    "early": (
        "That was very quick: please check your report and send it again.",
        "提交过快：请检查内容后再次提交。",
    ),
    "expired": (
        "This page was open for too long. Nothing is lost: please send it again.",
        "页面打开时间过长。内容未丢失：请再次提交。",
    ),
    "received": ("We have your report", "我们已收到您的报告"),
    "number": ("Number", "编号"),
    "received_before": (
        (
            "We had already received this form. If you have changed something since, add it on the "
            "page of your report."
        ),
        "此表单先前已收到。如之后有修改，请在您的报告页面补充。",
    ),
    "follow": ("Follow your report", "查看您的报告"),
    "keep_link": (
        (
            "Keep this address: whoever has it can read your report and answer for you. It works "
            "until {}."
        ),
        "请保存此链接：持有链接的人可以查看报告并代您答复。有效期至 {}。",
    ),
    "waiting": ("Thank you. Somebody will look at your report", "谢谢，您的报告将由人工查看"),
    "waiting_why": (
        "A person has to look at it before it becomes a record. Nothing is lost.",
        "您的报告需经人工查看后建立记录，内容不会丢失。",
    ),
    "reference": ("Reference", "参考号"),
    "otherwise": ("If it cannot wait: {}", "如有紧急情况：{}"),
    "again": ("Report something else", "报告其他问题"),
    "state": ("State", "状态"),
    "recorded": ("Received", "登记时间"),
    "what": ("What you told us", "您的报告"),
    "solution": ("Solution", "解决方案"),
    "rating": ("Your rating", "您的评价"),
    "story": ("What has happened", "处理过程"),
    "you": ("you", "您"),
    "until": ("until {}", "至 {}"),
    "next_news": ("More news by {}", "下次更新不晚于 {}"),
    "attached": ("Files", "附件"),
    "is_it_solved": ("Is it solved?", "问题解决了吗？"),
    "yes_solved": ("Yes, it is solved", "是，已解决"),
    "not_solved": ("No, it is not", "否，未解决"),
    "why_not": ("What is still wrong?", "还有什么问题？"),
    "remark": ("A remark (optional)", "备注（选填）"),
    "satisfied": ("Are you satisfied?", "您满意吗？"),
    "no_rating": ("no answer", "不作答"),
    "rate": ("Rate it", "提交评价"),
    "add_note": ("Tell us more", "补充说明"),
    "note": ("What should we know?", "您想补充什么？"),
    "add": ("Send it", "提交补充"),
    "add_file": ("Send a file", "上传附件"),
    "file": ("File, at most {} MB", "文件（最大 {} MB）"),
    "upload": ("Send the file", "上传"),
    "priority": ("Priority", "优先级"),
    "handler": ("Handled by", "处理人"),
    "group": ("Group", "受理组"),
    "service": ("Service", "服务"),
    "ci": ("Configuration item", "配置项"),
    "severity": ("Severity", "严重程度"),
    "contact": ("Reported by", "报障人"),
    "labels": ("Labels", "标签"),
    "earlier": (
        "The latest entries; earlier ones are not shown here.",
        "仅显示最近的记录，更早的记录未在此显示。",
    ),
    "400": ("This could not be understood", "无法识别此请求"),
    "400_do": ("Please go back and try again.", "请返回重试。"),
    "403": ("This is not possible", "无法执行此操作"),
    "403_do": (
        "Please open the report again: it may have changed meanwhile.",
        "请重新打开报告：状态可能已变化。",
    ),
    "404": ("This page does not exist", "页面不存在"),
    "404_do": (
        "The address may be mistyped, or the link has expired. Please ask the service desk.",
        "地址可能有误，或链接已失效。请联系服务台。",
    ),
    "409": ("This is not possible any more", "此操作已无法执行"),
    "409_do": (
        "Please open the report again: it has changed meanwhile.",
        "请重新打开报告：状态已变化。",
    ),
    "413": ("This is too large", "内容过大"),
    "413_do": ("Please go back and send fewer or smaller files.", "请返回，减少文件数量或大小。"),
    "429": ("Too many reports", "报告过多"),
    "429_do": (
        (
            "Too many reports came from your network or about this service. Go back, wait {} "
            "seconds, and send it again."
        ),
        "来自您的网络或关于此服务的报告过多。请返回，等待 {} 秒后再次提交。",
    ),
    "503": ("Too busy just now", "系统繁忙"),
    "503_do": (
        "Nothing was lost and nothing is kept twice: go back and send it again in a moment.",
        "内容不会丢失，也不会重复受理：请稍后返回再次提交。",
    ),
    "500": ("Something went wrong", "出错了"),
    "500_do": (
        "The error was recorded. Please try again, or ask the service desk.",
        "问题已记录。请重试，或联系服务台。",
    ),
}

IMPACTS: Mapping[Impact, Translations] = {
    Impact.INDIVIDUAL: ("only me", "只有我"),
    Impact.GROUP: ("my team", "我所在的团队"),
    Impact.COMPANY: ("the whole company", "整个公司"),
    Impact.BUSINESS: ("customers, or the company's business", "客户或公司业务"),
}
"""The impact in a reporter's words: how many people are affected."""

URGENCIES: Mapping[Urgency, Translations] = {
    Urgency.LOW: ("yes, it is only a nuisance", "可以，只是有些不便"),
    Urgency.NORMAL: ("mostly", "大部分可以"),
    Urgency.HIGH: ("hardly", "很困难"),
    Urgency.URGENT: ("not at all", "完全不能"),
}
"""The urgency in a reporter's words: whether they can work."""

HOLDS: Mapping[HoldReason, Translations] = {
    HoldReason.AWAITING_USER: ("waiting for your answer", "等待您答复"),
    HoldReason.USER_UNREACHABLE: ("we could not reach you", "未能联系到您"),
}
"""The words for the hold reasons that concern the reporter; all others have their label."""

EVENTS: Mapping[str, Translations] = {
    "opened": ("received", "已登记"),
    "assigned": ("assigned", "已分派"),
    "accepted": ("work has begun", "开始处理"),
    "returned": ("returned to the service desk", "退回服务台"),
    "held": ("on hold", "挂起"),
    "resumed": ("work goes on", "继续处理"),
    "escalated": ("escalated", "已升级"),
    "resolved": ("resolved, to be confirmed", "已解决，待确认"),
    "closed": ("closed", "已关闭"),
    "reopened": ("reopened", "重新打开"),
    "close_put_off": ("not closed yet", "推迟关闭"),
    "rejected": ("rejected", "已驳回"),
    "status_update": ("news", "进展通报"),
    "rated": ("rated", "已评价"),
    "called_back": ("reporter called back", "已回访"),
    "note": ("note", "备注"),
}
"""The words for the timeline events that reporters may read (incidents/public_timeline.py)."""


def in_language(words: Translations, locale: Locale) -> str:
    """Return the words in that language."""
    return words[LOCALES.index(locale)]


def vocabulary(locale: Locale) -> Mapping[str, str]:
    """Return all of WORDS in one language."""
    return {name: in_language(words, locale) for name, words in WORDS.items()}
