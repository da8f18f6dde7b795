"""Texts of people of schools and hospitals; nothing was chosen on these."""

COMPLAINTS = {
    "en": (
        "{product} went black in the middle of a lesson and does not come back",
        "nothing happens when I press the power button of {product}",
        "{product} says I have no internet but my phone is fine on the same network",
        "whenever I scroll in {product} the picture tears and stutters",
        "{product} asks me to verify it is me and the code never comes",
        "the update of {product} has been stuck at 30% for two hours",
        "my files are gone from {product} after the holidays",
        "{product} opens in Spanish all of a sudden",
        "everything typed in {product} appears in capital letters",
        "{product} pops up advertisements, maybe a virus?",
    ),
    "zh": (
        "{product}上课上到一半突然黑屏",
        "{product}按了开机键没有任何反应",
        "{product}显示没有网,手机连同一个网就正常",
        "{product}滚动的时候画面一卡一卡的",
        "{product}要我验证身份,短信一直收不到",
        "{product}更新卡在百分之三十两个小时了",
        "放假回来{product}里的文件都不见了",
        "{product}突然变成英文界面,换不回来",
        "{product}打出来的字母全是大写",
        "{product}老是弹广告,是不是中毒了",
    ),
}
PRODUCTS = {
    "en": (
        "the tablet",
        "Google Classroom",
        "Safari",
        "the smartboard",
        "my iPad",
        "Moodle",
        "Gmail",
        "the desktop",
        "Word",
        "Spotify",
    ),
    "zh": (
        "平板",
        "一体机",
        "火狐",
        "电子白板",
        "iPad",
        "学习通",
        "QQ邮箱",
        "台式机",
        "Word",
        "迅雷",
    ),
}
GREETINGS = {
    "en": ("Dear IT,\n", "Hiya,\n", "Good afternoon colleagues,\n", "Urgent: "),
    "zh": ("信息中心老师好,", "打扰一下,", "急!", "值班的老师,"),
}
SIGNATURES = {
    "en": (
        "\nMany thanks\nMrs Lloyd",
        "\nDr. Mensah, ward 4",
        "\nsent from Outlook for Android",
        "\nP. Novak (year 9)",
        "\nTa!",
    ),
    "zh": (",辛苦了", "\n外科 陈静 分机 6021", "\n高三办公室", "\n护士站 刘洋", "\n来自华为手机"),
}
SHARED = {"en": ("order no.", "ticket", "error"), "zh": ("订单", "编号", "错误码")}
MACHINES = ("lab-pc-{}", "MRI-{}", "files{}.school.example", "REQ-{}", "ap-h2-{}")
TRADES = {
    "en": (
        "blood bank fridge",
        "Larkspur",
        "pharmacy robot",
        "exam timetable",
        "Odysseus library",
        "CATALPA",
        "ward tablet",
        "Quokka bus pass",
    ),
    "zh": (
        "挂号系统",
        "排课系统",
        "血库冰箱",
        "护理终端",
        "校车调度平台",
        "实验预约",
        "病历归档系统",
        "叫号屏",
    ),
}
BY_HAND = (
    (
        "the bell in the headset is so quiet that I miss every call",
        "I miss every call, the headset is so quiet",
    ),
    (
        "USB stick is not recognised, I need the slides in ten minutes",
        "need my slides in ten minutes, USB stick is not recognised",
    ),
    (
        "whiteboard pen does not write, calibration is off",
        "calibration is off and the whiteboard pen does not write",
    ),
    (
        "Sibelius says the trial is over, I have a licence",
        "I do have a licence, Sibelius says the trial is over",
    ),
    (
        "my Lenovo T480 overheats and the hinge is cracked",
        "the hinge of my Lenovo T480 is cracked and it overheats",
    ),
    (
        "Google says my storage is full, 15 GB of 15 GB",
        "15 GB of 15 GB used, Google says my storage is full",
    ),
    (
        "iPad does not rotate any more, button does nothing",
        "button does nothing, iPad does not rotate any more",
    ),
    ("I get phishing mails from DHL every day", "every day phishing mails from DHL, please block"),
    ("the clock of my computer is one hour behind", "my computer's clock is one hour behind"),
    ("photos from the Canon EOS-2000 do not import", "cannot import photos from my Canon EOS-2000"),
    (
        "coffee spilled over the keyboard, letters double",
        "letters double since coffee was spilled over the keyboard",
    ),
    ("Bluetooth speaker pairs but plays nothing", "the Bluetooth speaker pairs and plays nothing"),
    ("U盘插上没反应,十分钟后要用课件", "十分钟后要用课件,U盘插上没反应"),
    ("电脑时间慢了一个小时,改了又变回去", "时间改了又变回去,电脑慢了一个小时"),
    ("咖啡洒在键盘上,打字会连着出两个", "打字会连着出两个,咖啡洒在键盘上了"),
    ("平板不会自动旋转,按钮按了没用", "按钮按了没用,平板不会自动旋转"),
    ("蓝牙音箱配对成功但是不出声", "蓝牙音箱不出声,配对成功了"),
    ("笔记本转轴裂了,合不上盖子", "合不上盖子,笔记本转轴裂了"),
    ("网盘提示空间已满,15G都用完了", "15G都用完了,网盘提示空间已满"),
    ("每天都收到钓鱼邮件,冒充快递公司", "冒充快递公司的钓鱼邮件每天都收到"),
    ("白板笔写不出来,定位偏了", "定位偏了,白板笔写不出来"),
    ("操作系统激活过期了,右下角有水印", "右下角有水印,操作系统激活过期"),
    ("照片导不进电脑,相机是佳能 EOS-2000", "佳能 EOS-2000 的照片导不进电脑"),
    ("显卡风扇异响,玩不了视频剪辑", "视频剪辑的时候显卡风扇异响"),
)
