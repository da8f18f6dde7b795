"""Texts of other people of other offices.

They were held out at first; then the rule for Chinese was changed because of them.
"""

COMPLAINTS = {
    "en": (
        "{product} keeps signing me out after a few minutes",
        "getting a warning about storage in {product} every time I use it",
        "{product} won't install, the setup stops at 99%",
        "the fan is loud and {product} gets hot and switches itself off",
        "links in {product} open the wrong browser",
        "{product} tells me the licence has expired and everything is read only",
        "text in {product} is tiny after I changed the resolution",
        "calendar in {product} shows meetings twice",
        "{product} is stuck on 'please wait' with error 503",
        "copy and paste stopped working in {product} after a reboot",
    ),
    "zh": (
        "{product}总是自动退出,要重新登录",
        "{product}安装到一半就停了,提示磁盘空间不足",
        "{product}里的字突然变得很小,调不回来",
        "{product}提示许可证已过期,只能只读",
        "{product}风扇声音很大,用一会就自动关机",
        "{product}日历里的会议都显示两遍",
        "{product}复制粘贴用不了了,重启过也没用",
        "{product}一直卡在请稍候,提示503",
        "{product}里的链接点不开,跳到别的浏览器",
        "{product}收不到验证码,没法登录",
    ),
}
PRODUCTS = {
    "en": (
        "PowerPoint",
        "SharePoint",
        "my notebook",
        "Firefox",
        "Slack",
        "Zoom",
        "my tablet",
        "Office 365",
        "Edge",
        "the scanner",
    ),
    "zh": (
        "WPS",
        "企业微信",
        "笔记本",
        "腾讯会议",
        "Word",
        "飞书",
        "平板",
        "Office 365",
        "扫描仪",
        "QQ",
    ),
}
GREETINGS = {
    "en": ("Morning all,\n", "Hey,\n", "To whom it may concern,\n", "Help!\n"),
    "zh": ("各位好,", "麻烦了,", "IT部门:\n", "请问,"),
}
SIGNATURES = {
    "en": (
        "\nCheers, Gina",
        "\nHank (purchasing)",
        "\nyours sincerely\nIvy",
        "\nJack, warehouse 2",
        "\nkim@mail7.example.com",
    ),
    "zh": (",多谢", "\n采购部 孙丽", "\n仓库 周杰 010-55550199", "\n二楼前台", "\n来自小米手机"),
}
SHARED = {"en": ("ticket", "error", "invoice no."), "zh": ("单号", "故障代码", "工单")}
MACHINES = ("hv-{}", "AST-{}", "db{}.lan.example", "SO-{}", "ws-sh-{}")
TRADES = {
    "en": (
        "conveyor terminal",
        "Bluebird",
        "x-ray archive",
        "franking desk",
        "greenhouse climate",
        "lathe controller",
        "Sindbad",
        "Orchard ledger",
        "ice rink chiller",
        "Nimbusboard",
        "TARAX",
        "kiln monitor",
    ),
    "zh": (
        "分拣机终端",
        "考勤闸机",
        "影像归档",
        "温室控制",
        "数控车床",
        "药品追溯",
        "灌装线",
        "雷公排班",
        "码垛机",
        "锅炉仪表",
        "舞台灯光",
        "蒸发器",
    ),
}
BY_HAND = (
    (
        "touchpad of my notebook reacts only sometimes",
        "the touchpad on my notebook only reacts sometimes",
    ),
    (
        "Epson WF-2750 does not pull paper from tray 2",
        "paper is not pulled from tray 2, it is an Epson WF-2750",
    ),
    ("my battery lasts only twenty minutes", "battery of the laptop lasts twenty minutes only"),
    (
        "I deleted a folder by accident, can you restore it?",
        "deleted my folder by accident, please restore",
    ),
    (
        "Excel macros are blocked since yesterday, I need them",
        "macros in Excel are blocked since yesterday",
    ),
    (
        "the QR code for the authenticator app does not scan",
        "authenticator app does not scan the QR code",
    ),
    (
        "caps lock is on all the time and I can't type my password",
        "can't type my password, caps lock stays on",
    ),
    (
        "people can't hear me in calls, microphone is muted by itself",
        "microphone mutes itself, people can't hear me in calls",
    ),
    (
        "PDF opens sideways and prints only half of the page",
        "only half of the page is printed and the PDF opens sideways",
    ),
    (
        "spam filter holds back mails from my customer",
        "mails from a customer are held back by the spam filter",
    ),
    (
        "out of disk space on C: although I deleted everything",
        "C: is out of disk space, I deleted everything already",
    ),
    (
        "HDMI cable of the television in the meeting room is loose",
        "television in our meeting room: HDMI cable is loose",
    ),
    ("触摸板时好时坏,外接鼠标正常", "外接鼠标正常,触摸板时好时坏"),
    ("爱普生 WF-2750 不进纸,换了纸盒也一样", "爱普生 WF-2750 换了纸盒还是不进纸"),
    ("电池用二十分钟就没电了,想换一块", "笔记本电池只能用二十分钟,想换一块"),
    ("不小心把文件夹删了,能不能恢复", "文件夹不小心删了,能恢复吗"),
    ("宏被禁用了,Excel里的按钮点不了", "Excel里按钮点不了,宏被禁用"),
    ("大小写键一直亮着,密码输不对", "密码输不对,大小写键一直亮着"),
    ("开会别人听不到我说话,麦克风自动静音", "麦克风自动静音,开会别人听不到我"),
    ("扫描出来的PDF是横的,还缺一半", "PDF扫描出来缺一半,还是横的"),
    ("客户的邮件总被当成垃圾邮件拦截", "垃圾邮件拦截了客户的邮件"),
    ("C盘满了,东西删了也没变化", "删了东西C盘还是满的"),
    ("分机拨不出去,听到忙音", "电话拨不出去,一直忙音"),
    ("屏幕中间有一条竖线,换线也有", "屏幕有一条竖线在中间,换线也还有"),
)
