"""Phrases of reports, by symptom and by language.

The weights of the correlation were chosen on these. {s} is the service.
"""

Phrases = dict[str, dict[str, tuple[str, ...]]]

PHRASES: Phrases = {
    "down": {
        "en": (
            "{s} is down",
            "I cannot open {s}",
            "{s} won't load since this morning",
            "we can't get into {s} at all",
            "{s} shows 502 bad gateway",
            "blank page when I open {s}",
            "{s} not responding",
            "is {s} down? nothing loads here",
            "{s} unavailable for our whole department",
            "URGENT {s} outage",
        ),
        "zh": (
            "{s}打不开了",
            "{s}无法访问",
            "{s}进不去,一直白屏",
            "{s}挂了吗?我们这边都用不了",
            "{s}没反应了",
            "{s}报502,页面打不开",
            "我们部门{s}都上不去了,急",
            "{s}好像宕机了",
            "打开{s}显示无法访问此页面",
            "{s}瘫痪了,什么时候能恢复?",
        ),
    },
    "slow": {
        "en": (
            "{s} is extremely slow today",
            "{s} takes forever to load",
            "{s} hangs when I click anything",
            "everything in {s} times out",
            "{s} very sluggish, pages spin for minutes",
            "response time of {s} is terrible",
            "{s} keeps freezing",
        ),
        "zh": (
            "{s}特别慢",
            "{s}今天很卡,点一下要等半天",
            "{s}一直转圈",
            "{s}加载很慢,经常超时",
            "{s}卡死了,一直在加载",
            "{s}响应太慢没法办公",
        ),
    },
    "login": {
        "en": (
            "cannot log in to {s}",
            "{s} login fails for everybody in our team",
            "{s} says authentication error when signing in",
            "nobody can sign in to {s}",
            "{s} does not accept my password, same for my colleagues",
        ),
        "zh": (
            "{s}登录不上",
            "{s}登陆一直失败",
            "我们都登录不了{s}",
            "{s}提示认证失败",
            "{s}输密码后提示登录异常,大家都这样",
        ),
    },
    "delivery": {
        "en": (
            "no new mail in {s} since 9",
            "I can't send anything with {s}, it stays stuck in the outbox",
            "{s}: messages are not delivered",
            "we are not receiving any messages in {s}",
            "everything I send with {s} bounces",
        ),
        "zh": (
            "{s}收不到邮件",
            "{s}发不出去",
            "{s}发送失败,一直在发件箱",
            "客户说收不到我们用{s}发的信",
            "{s}一直退信",
        ),
    },
    "network": {
        "en": (
            "{s} keeps dropping every few minutes",
            "{s} disconnects all the time",
            "{s} connection lost again, packet loss is huge",
            "cannot connect to {s} from home",
        ),
        "zh": (
            "{s}老是掉线",
            "{s}频繁断开",
            "{s}连不上",
            "在家连{s}一直断线",
            "{s}断了,外出同事都连不上",
        ),
    },
    "print": {
        "en": (
            "nothing comes out of {s}, printing fails",
            "{s} does not print",
            "print jobs to {s} fail with an error",
        ),
        "zh": ("{s}打印不了", "用{s}打印没反应", "{s}打印任务一直失败"),
    },
    "data": {
        "en": (
            "totals in {s} are wrong figures",
            "{s} shows incorrect customer names",
            "two orders are missing in {s}",
            "{s} report shows duplicate rows",
            "numbers in {s} do not match finance",
        ),
        "zh": (
            "{s}里的金额不对",
            "{s}数据不一致",
            "{s}导出的客户名称是乱码",
            "{s}里少了两张订单",
            "{s}的数字和财务对不上",
        ),
    },
    "certificate": {
        "en": (
            "{s}: browser says the certificate is not valid",
            "{s} not secure warning in Chrome",
            "your connection is not private on {s}",
        ),
        "zh": ("{s}提示证书过期", "打开{s}浏览器说不安全", "{s}证书不受信任,进不去"),
    },
    "error": {
        "en": (
            "{s} gives an error when I save",
            "saving in {s} fails with an exception",
            "internal server error 500 in {s}",
        ),
        "zh": ("{s}保存时报错", "{s}提交失败,提示系统异常", "{s}出现500错误"),
    },
    "request": {
        "en": (
            "how do I export a list from {s}?",
            "please grant me access to {s}",
            "new colleague needs an account for {s}",
            "please reset my {s} password",
        ),
        "zh": (
            "如何在{s}里导出报表?",
            "申请开通{s}权限",
            "新员工需要{s}账号",
            "请帮忙重置密码,{s}的",
        ),
    },
    "over": {
        "en": (
            "{s} works again, thanks",
            "{s} is back to normal, thank you",
            "the {s} problem has been resolved, thanks for the help",
        ),
        "zh": ("{s}已经恢复了,谢谢", "{s}现在可以了,多谢", "{s}打不开的问题解决了,感谢"),
    },
    "planned": {
        "en": (
            "planned maintenance of {s} tonight 22:00",
            "{s} will be down on Sunday for an upgrade",
            "scheduled restart of {s}, users will not be able to log in",
        ),
        "zh": ("今晚22点{s}停机维护通知", "{s}计划周日升级,届时无法访问", "{s}例行维护公告"),
    },
    "alone": {
        "en": (
            "I can't open {s}, but others are fine",
            "{s} does not load only on my laptop",
            "{s} is slow just for me, works for my colleague",
        ),
        "zh": ("只有我打不开{s}", "{s}我这里很慢,其他人正常", "我的电脑{s}进不去,换台电脑就好"),
    },
}

VAGUE = {
    "en": (
        "help, nothing works",
        "my computer has a problem",
        "it is not working again",
        "please call me back",
        "system error??",
    ),
    "zh": ("电脑有问题", "系统不好用", "打不开了,急急急", "麻烦联系我一下", "又不行了"),
}
"""Reports too vague for anybody to know the trouble."""

OPENINGS = {
    "en": ("Hi team,\n", "Hello,\n", "Dear service desk,\n", "Hi,\n", ""),
    "zh": ("您好,", "IT的同事好:\n", "老师好,", "大家好,", ""),
}
ENDINGS = {
    "en": (
        "\nPlease fix it asap.",
        "\nCan you check?\n\nBest regards,\nAnn",
        "\nThanks in advance\n-- \nJohn, sales, 8th floor",
        "",
        "\nWe have a client waiting.",
    ),
    "zh": (
        ",请尽快处理。",
        ",麻烦看一下,谢谢!",
        "\n着急,在线等。",
        "",
        ",客户在等。\n-- \n销售部 张三",
    ),
}
QUOTES = {
    "en": (
        "\n\nOn Mon, 2 Mar 2026 at 9:00, Bob <bob@example.com> wrote:\n> "
        "{s} is down, please help\n> Bob"
    ),
    "zh": "\n\n发件人: 李四 <li@example.com>\n主题: {s}打不开\n{s}打不开了,请处理",
}
"""Quoted mail at the end of a report, which is about something else."""

SUBJECTS = {
    "en": ("{s}", "problem with {s}", "Re: {s}", "urgent!", "help"),
    "zh": ("{s}", "{s}问题", "回复:{s}", "紧急", "求助"),
}

ALERTS = {
    "down": (
        "{ci} is down",
        "HTTP probe failed on {ci}",
        "{ci}: connection refused",
        "{ci} 服务不可用",
    ),
    "slow": ("p95 latency above 5 s on {ci}", "CPU load 98% on {ci}", "{ci} 响应时间超过阈值"),
    "delivery": ("mail queue length 9000 on {ci}", "{ci} 邮件队列堆积"),
    "network": ("packet loss 60% on {ci}", "link down on {ci}", "{ci} 丢包严重"),
    "disk": ("disk full on {ci}", "{ci} 磁盘空间不足"),
    "certificate": ("TLS certificate expired on {ci}", "{ci} 证书已过期"),
    "login": ("SSO authentication failures on {ci}", "{ci} 登录失败率过高"),
    "print": ("print spooler stopped on {ci}", "{ci} 打印服务停止"),
}
