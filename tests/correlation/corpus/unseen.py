"""Other phrases, on which nothing was chosen, to measure the weights."""

from tests.correlation.corpus.phrases import Phrases

PHRASES: Phrases = {
    "down": {
        "en": (
            "{s} is not working",
            "can't reach {s} from any browser",
            "{s} crashed",
            "{s} offline??",
            "we get 503 from {s}",
            "{s} stopped working around ten",
            "the {s} site doesn't open",
            "nobody here can access {s}",
        ),
        "zh": (
            "{s}用不了",
            "{s}访问不了",
            "{s}崩了",
            "{s}不能用了,大家都一样",
            "{s}页面空白页",
            "{s}一直加载不出来",
            "访问{s}提示服务不可用",
            "{s}刷不出来",
        ),
    },
    "slow": {
        "en": (
            "{s} crawling today",
            "{s} lags terribly",
            "waiting ages, {s} takes minutes for each click",
            "{s} timed out three times",
            "huge latency in {s}",
        ),
        "zh": ("{s}太慢了", "{s}卡得要命", "{s}延迟很高", "{s}打开要等很久", "{s}操作总是超时"),
    },
    "login": {
        "en": (
            "{s} sign-in broken for the whole floor",
            "login to {s} impossible, 401",
            "we are all locked out of {s}",
            "credentials refused by {s}, all of us",
        ),
        "zh": (
            "{s}没法登录",
            "登不上{s},我们组都不行",
            "{s}单点登录报错",
            "{s}账号密码都对但认证不通过",
        ),
    },
    "delivery": {
        "en": (
            "{s} bounced my mails",
            "mails in {s} never arrive",
            "unable to send with {s}",
            "no messages in {s} for an hour",
        ),
        "zh": ("{s}无法发送", "{s}没收到任何新邮件", "{s}发不了邮件", "{s}收发都不正常"),
    },
    "network": {
        "en": (
            "{s} tunnel drops constantly",
            "can't connect to {s}",
            "{s} disconnected five times in an hour",
        ),
        "zh": ("{s}断线", "{s}总是断开连接", "{s}无法连接"),
    },
    "print": {
        "en": (
            "{s} printer dead, no paper comes out",
            "unable to print on {s}",
            "{s} prints nothing",
        ),
        "zh": ("{s}打印机不工作", "{s}打不出来,打印失败", "{s}无法打印"),
    },
    "data": {
        "en": (
            "the balance shown in {s} is wrong amount",
            "{s} misses my entries from yesterday",
            "figures in {s} don't add up",
            "{s} lists outdated prices",
        ),
        "zh": ("{s}余额有误", "{s}有重复记录", "{s}库存数据错误", "{s}报表没有更新"),
    },
    "certificate": {
        "en": (
            "certificate error opening {s}",
            "{s} SSL warning",
            "{s} site marked as not private",
        ),
        "zh": ("{s}证书错误", "访问{s}出现SSL警告", "{s}显示连接不安全"),
    },
    "error": {
        "en": (
            "{s} throws errors on submit",
            "an exception pops up in {s}",
            "{s} failed to process my form",
        ),
        "zh": ("{s}提示操作失败", "{s}总是弹出错误", "{s}系统异常无法提交"),
    },
    "request": {
        "en": (
            "where can I find the manual of {s}?",
            "I need access to {s} for my new job",
            "please install {s} on my laptop",
            "question about {s} training",
        ),
        "zh": ("怎么查{s}的操作手册?", "请帮忙安装{s}", "想咨询一下{s}的培训", "{s}权限申请"),
    },
    "over": {
        "en": (
            "all good, {s} is working again",
            "{s} is fixed, cheers",
            "can open {s} again, thank you",
        ),
        "zh": ("{s}好了,谢谢", "{s}正常了,辛苦", "{s}恢复了,感谢处理"),
    },
    "planned": {
        "en": (
            "change window for {s} on Friday",
            "{s} upgrade tonight, please save your work",
            "{s} unavailable on Saturday due to planned work",
        ),
        "zh": ("关于{s}割接的通知", "明天晚上{s}重启升级", "{s}维护窗口安排"),
    },
    "alone": {
        "en": (
            "{s} does not open on my machine only",
            "everybody else can use {s}, I can't get in",
            "{s} not loading, only me apparently",
        ),
        "zh": ("就我打不开{s}", "同事们都能用{s},我不行", "{s}只有我这台卡"),
    },
}

VAGUE = {
    "en": (
        "the thing is broken",
        "I need assistance now",
        "same problem as before",
        "screen is weird",
        "no idea, it just fails",
    ),
    "zh": ("用不了了", "出问题了快来人", "帮我看下电脑", "还是不行", "报错了怎么办"),
}

OPENINGS = {
    "en": ("Good morning,\n", "hey ", "Colleagues,\n", ""),
    "zh": ("你好,", "各位好,", "请问", ""),
}
ENDINGS = {
    "en": (
        "\nkind regards\nEve\n+86 10 1234",
        "\nthis blocks month end!",
        "",
        "\nSent from my iPhone",
        "\npls help",
    ),
    "zh": (",急用!", ",谢谢", "", "\n发自我的iPhone", ",影响月结,请优先"),
}
QUOTES = {
    "en": "\n\n-----Original Message-----\nFrom: Carol\nSubject: {s}\n{s} cannot be reached",
    "zh": "\n\n在 2026年3月2日，王五 写道：\n> {s}挂了\n> 请看一下",
}
SUBJECTS = {
    "en": ("{s} again", "issue: {s}", "FW: {s}", "please help", "ticket"),
    "zh": ("关于{s}", "{s}故障", "转发:{s}", "请帮忙", "报障"),
}

ALERTS = {
    "down": (
        "{ci} unreachable",
        "health check failing: {ci}",
        "process exited on {ci}",
        "{ci} 宕机",
    ),
    "slow": ("response time of {ci} high", "memory usage 97% on {ci}", "{ci} 负载过高"),
    "delivery": ("queue size growing, messages are not delivered by {ci}", "{ci} 无法发送邮件"),
    "network": ("{ci} network interface flapping", "{ci} 网络中断"),
    "disk": ("no space left on {ci}", "{ci} 硬盘空间已满"),
    "certificate": ("SSL certificate of {ci} invalid", "{ci} 证书失效"),
    "login": ("login error rate high on {ci}", "{ci} 认证服务异常"),
    "print": ("printer {ci} offline", "{ci} 打印队列错误"),
}
