"""Texts that people of many offices write about their own troubles.

The list of common words was chosen on these.
"""

COMPLAINTS = {
    "en": (
        "my {product} is very slow since this morning and freezes all the time",
        "I cannot log in to {product}, it says wrong password although it is right",
        "{product} does not start any more, only a blank screen",
        "{product} crashes when I open an attachment, error 0x80070005",
        (
            "since the update to Windows 11 {product} shows strange signs "
            "instead of letters, UTF-8 problem?"
        ),
        "cannot print from {product}, the printer shows offline",
        "{product} asks for my password again and again",
        "no sound in {product}, the headset works with my phone",
        "{product} error 404 page not found since 9.30am, see image001.png",
        "{product} does not save my document, says access denied",
    ),
    "zh": (
        "{product}今天特别慢,点一下要等半天",
        "{product}登录不上去,一直提示密码错误",
        "打开{product}就闪退,重启电脑也不行",
        "{product}打印不了,打印机显示脱机",
        "升级到Windows 11以后{product}全是乱码,是不是UTF-8的问题",
        "{product}没有声音,麻烦帮忙看一下",
        "{product}一直提示更新,更新又失败,错误代码0x80070005",
        "{product}打不开附件,点了没反应",
        "{product}保存的时候报错,说没有权限",
        "我的电脑上{product}图标不见了,请帮忙处理",
    ),
}
PRODUCTS = {
    "en": (
        "Outlook",
        "Excel",
        "Word",
        "Teams",
        "laptop",
        "Chrome",
        "Windows 11",
        "Acrobat",
        "the printer",
        "OneDrive",
    ),
    "zh": (
        "Outlook",
        "Excel",
        "微信",
        "打印机",
        "电脑",
        "浏览器",
        "邮箱",
        "钉钉",
        "输入法",
        "Windows 11",
    ),
}
GREETINGS = {
    "en": ("Hello team,\n", "Hi,\n", "Dear service desk,\n", "Good morning,\n"),
    "zh": ("你好,", "您好,", "老师好,", "IT的同事你好:\n"),
}
SIGNATURES = {
    "en": (
        "\nThanks, Bob",
        "\nBest regards\nCarol, accounting",
        "\nDave, 3rd floor",
        "\nErin\n+86 10 5555 0101",
        "\nfrank@163.com",
    ),
    "zh": (
        ",谢谢!",
        "\n财务部 王芳",
        "\n市场部 李强 13800138000",
        "\n三楼 赵敏",
        "\n发自我的iPhone",
    ),
}
SHARED = {"en": ("order", "invoice", "error code"), "zh": ("订单号", "发票", "错误代码")}
MACHINES = ("prn-{}", "NB-{}", "srv{}.corp.example", "INV-{}", "PC-BJ-{}")
TRADES = {
    "en": (
        "forklift scanner",
        "Gutenberg",
        "cold-store freezer",
        "weighbridge",
        "Kestrel planner",
        "spectrometer",
        "Helios",
        "Papageno desk",
        "loading dock",
        "Quillpad",
        "MESX",
        "boiler panel",
    ),
    "zh": (
        "叉车终端",
        "地磅称重",
        "冷库温控",
        "排产看板",
        "质谱分析仪",
        "工资核算",
        "龙门吊",
        "配料秤",
        "喷淋塔",
        "烘干窑",
        "鲲鹏排程",
        "炼焦炉控制",
    ),
}
BY_HAND = (
    (
        "Brother MFC-7860DW prints black stripes, please help",
        "our Brother MFC-7860DW prints black stripes on every page",
    ),
    (
        "I forgot my password and my account is locked now",
        "my account is locked, I forgot my password",
    ),
    (
        "the keyboard of my laptop does not work, some keys are stuck",
        "keyboard of my laptop does not work, keys are stuck",
    ),
    (
        "my docking station does not charge the laptop any more",
        "docking station does not charge my laptop any more",
    ),
    (
        "please help, my mailbox is full and I cannot send",
        "my mailbox is full, cannot send any mail, please help",
    ),
    (
        "cannot reach 192.168.1.1 from my home office, no internet",
        "no internet at home, cannot reach 192.168.1.1",
    ),
    (
        "Excel file report-2026.xlsx is locked by another user",
        "my file report-2026.xlsx in Excel is locked by another user",
    ),
    (
        "the projector in our meeting room shows no picture",
        "projector in the meeting room shows no picture at all",
    ),
    (
        "second monitor is not detected after the Windows update KB5034441",
        "monitor is not detected since Windows update KB5034441",
    ),
    ("Zoom camera shows a black picture in every meeting", "camera is black in every Zoom meeting"),
    (
        "mouse pointer jumps around, tried another mouse already",
        "mouse pointer jumps around even with another mouse",
    ),
    (
        "VPN drops every ten minutes when I work from home",
        "working from home, VPN drops every ten minutes",
    ),
    ("电脑开机蓝屏,重启以后还是一样", "电脑开机就蓝屏,重启也一样"),
    ("惠普 LJ-1020 打印机卡纸,拉不出来", "我们的惠普 LJ-1020 打印机卡纸,纸拉不出来"),
    ("键盘有几个键按了没反应,请帮忙换一个", "键盘几个键按了没反应,麻烦换一个"),
    ("Excel打开提示文件已锁定,无法编辑", "打开Excel提示文件已锁定,无法编辑"),
    ("忘记密码了,账号被锁,请帮忙解锁", "账号被锁了,忘记密码,麻烦解锁"),
    ("会议室投影仪没有画面,马上要开会", "投影仪没有画面,会议室马上要开会"),
    ("笔记本连不上无线,其他网站也打不开", "笔记本连不上无线,网站都打不开"),
    ("WPS打开文档很慢,经常未响应", "用WPS打开文档很慢,经常未响应"),
    ("摄像头打不开,腾讯会议里是黑的", "腾讯会议里摄像头打不开,画面是黑的"),
    ("电脑没有声音,耳机插了也没有", "耳机插上电脑也没有声音"),
    ("ping 114.114.114.114 不通,上不了网", "上不了网,ping 114.114.114.114 也不通"),
    ("打印出来的字都是花的,墨盒刚换过", "刚换过墨盒,打印出来的字还是花的"),
)
"""Pairs of reports of two people who have nothing to do with one another."""
