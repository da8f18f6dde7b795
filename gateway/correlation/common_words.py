"""Words that do not identify an incident: products, symptoms, greetings, units. Pure.

English and Chinese words, collected by hand from reports to service desks and from the names of
products that most offices have; docs/correlation.md says how a word is added. English is in lower
case; Chinese words are removed from a text, longest first.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS = _words("""
able about above access account accounts acting afternoon again against alert already also
although always another any anybody anyone anything application application's appear appears
apps around asap asked asking assist assistance attached attachment audio available away back
backup badly battery because been before begin being below best better between black blank
blinking blue bluetooth boot both bounce bounced break breaks bring broke broken browser
browsers building business button cable call called calling came camera cannot can't card
certificate change changed charge check checked clean clear click clicked clicking client close
closed code colleague colleagues come comes coming company complete completely computer
computers connect connected connecting connection connections console contact contacts correct
could couldn't crash crashed crashes crashing create credentials current currently customer
customers daily data database date deadline dear default delay delayed delete deleted deliver
delivered department desk desktop detected device devices dialog didn't different disabled
disconnect disconnected disconnects disk display doc document documents does doesn't doing
domain done don't door down download downloads drive driver drivers drop drops dropped drucker
during each earlier else email emails empty end ended enough enter entered error errors even
evening ever every everybody everyone everything exactly example excel exception expired export
extremely fail failed failing fails failure fast feature feedback file files find fine first
fix fixed flashing flicker flickering flickers floor folder following forever forgot forward
forwarded found freeze freezes freezing from froze frozen full function further gateway gave
gets getting give given gives goes going gone good green group guest happen happened happening
happens hardware have haven't having headset hello help helpdesk here high hour hours however
icon immediately important impossible inbox incident information inside install installation
installed installing instead internal internet into invalid isn't issue issues itself jam
jammed jams join just keep keeps keyboard keyboards kind kindly know laptop laptops last late
lately later launch leave letter level license light like line link list little load loaded
loading loads local locked login logins logon logged logging long longer look looking looks
lost lots machine machines made mail mailbox mails main make makes manager many maybe mean
meeting meetings memory menu message messages microphone minute minutes missing mobile model
monday monitor monitors month more morning most mouse move moved much multiple must myself name
need needed needs network never new next night nobody nothing notice noticed notification
number occurred office offline often okay once online only open opened opening opens option
order other others otherwise outage outlook output over page pages paper part password
passwords paste people perhaps permission person personal phone phones picture ping please plug
plugged point poor port possible power present press pressed prevent previous print printed
printer printers printing prints private probably problem problems process product program
programs project proxy publish quick quickly quite quota random rather reach read ready really
reason reasons reboot rebooted reboots receive received receiving recently record red refuse
refused refuses regards remote remove report reported request requested required reset resolve
resolved response restart restarted restarting restarts return right room router running said
same save saved saving scan scanned scanner scanners scanning scans screen screens search
second secure security seem seems seen send sending sends sent seriously server servers service
services session settings setup several share shared sharing sheet should show showing shown
shows shut sign signal signin simply since site slow slower slowly software solve solved some
somebody someone something sometimes soon sorry sound speaker speakers spinning staff start
started starting starts state station status stay stays still stop stopped stops storage stuck
subject suddenly support sure switch system systems tablet take takes taking task team teams
telephone tell terribly test testing text thank thanks that their them then there these they
thing things think this those though through ticket tickets time timed timeout times today
together told tomorrow toner tonight tool touch tray tried trouble true trying turn turned
turning turns twice type unable unavailable under unfortunately unknown unplugged unreachable
until update updated updates updating upgrade upgraded upload urgent urgently used useless user
username users uses using usual usually valid version very video visible visit volume wait
waiting want warning warnings watch we're webpage website week weird went what whatever when
whenever where whether which while white whole will window windows wireless wish with within
without won't word work worked working works workstation worse would write wrong yellow
yesterday your yours acrobat adobe android apple autocad bitlocker brother canon chrome cisco
citrix confluence dell dingtalk dropbox edge epson exchange explorer feishu firefox foxmail
github gitlab gmail google huawei ipad iphone java jira kyocera laserjet latitude lenovo linux
macbook microsoft mysql onedrive onenote oracle photoshop postgres postgresql powerpoint python
ricoh safari samsung sharepoint skype slack spotify surface teamviewer tencent thinkpad ubuntu
visio vmware webex wechat wecom whatsapp wifi wlan xerox youtube zoom
pdf usb vpn hdmi vga lan wan dns dhcp url http https html xml csv json ssl tls ssd hdd cpu gpu ram
bios uefi lcd led ups mac ios faq eta fyi tbd pin sms mms gps nfc ocr utf caps the and not for you
has was but all can now new out off why how who our any see got did its one two too yes api mfa sso
otp wps qq kvm ctrl alt del esc tab shift fn monday tuesday wednesday thursday friday saturday
sunday january february march april may june july august september october november december
english chinese microsoft365
imap smtp rdp ftp sftp scp ssh telnet nas odbc ldap totp puk dvd vba wpa ssid ntp snmp pxe gpo
mdm jdk jre sdk bsod poe lte rfid voip sip pbx isdn adsl mpls qos vdi owa ews tpm esim smb cifs
nfs tftp dnssec smtps imaps antivirus vnc jpeg png zip
""")
"""English words and names of products, in lower case."""

_CHINESE = """
打印机 打印 复印机 扫描仪 扫描 投影仪 显示器 显示 屏幕 键盘 鼠标 电脑 主机 笔记本 台式机 手机
平板 摄像头 麦克风 耳机 音箱 声音 电话 座机 登录 登陆 登入 密码 账号 帐号 账户 用户名 用户
验证码 权限 认证 单点 系统 平台 软件 程序 应用 客户端 浏览器 网页 页面 网站 网址 链接 界面 窗口
网络 网线 无线 有线 宽带 路由器 交换机 服务器 数据库 数据 存储 磁盘 硬盘 内存 空间 备份 文件夹
文件 文档 表格 附件 邮箱 邮件 收件箱 发件箱 外网 内网 网速 信号 证书 驱动 插件 补丁 版本 更新
升级 安装 卸载 下载 上传 导出 导入 保存 复制 粘贴 搜索 查询 提交 审批 流程 报表 单据 打不开
进不去 上不去 连不上 用不了 登不上 收不到 发不出 没反应 不能用 无法 不能 不行 不了 失败 错误
报错 异常 故障 问题 出错 超时 缓慢 卡顿 卡纸 卡死 死机 蓝屏 黑屏 白屏 花屏 闪退 崩溃 断网 断开
掉线 断线 丢失 乱码 重启 关机 开机 启动 加载 转圈 响应 闪烁 模糊 坏了 挂了 瘫痪 停机 中断 恢复
正常 连接 访问 打开 关闭 使用 进入 提示 弹出 点击 输入 操作 设置 处理 解决 检查 查看 帮忙 帮助
看看 看下 看一下 一下 请问 您好 你好 大家好 谢谢 多谢 感谢 辛苦 麻烦 请尽快 尽快 紧急 着急 急用
在线等 老师 同事 同事们 领导 经理 部门 公司 办公室 会议室 办公 客户 今天 昨天 明天 早上 上午
中午 下午 晚上 刚才 刚刚 现在 一直 已经 还是 总是 经常 突然 一点 有点 非常 特别 很慢 太慢 很卡
反复 多次 几次 半天 很久 分钟 小时 时候 什么 怎么 为什么 怎么回事 怎么办 可以 可能 应该 需要
需求 我们 你们 他们 大家 这边 那边 这里 那里 这个 那个 一个 一台 所有 全部 部分 其他 自己 之后
之前 以后 以前 因为 所以 但是 如果 或者 以及 还有 出现 发生 发现 导致 影响 工作 业务 网银 微信
企业微信 钉钉 飞书 腾讯会议 视频会议 会议 视频 输入法 杀毒 病毒 防火墙 远程 桌面 共享 目录 域名
地址 端口 接口 代码 编号 号码 信息 通知 消息 内容 情况 原因 要求 方式 功能 按钮 图标 菜单 红灯
绿灯 黄灯 指示灯 电源 插座 电池 充电 墨盒 硒鼓 墨粉 纸张 缺纸 墙壁 楼层 座位 工位 惠普 佳能
爱普生 兄弟 联想 戴尔 华为 小米 苹果 微软 金山 谷歌 百度 淘宝 京东
"""

CHINESE = tuple(sorted(set(_CHINESE.split()), key=lambda word: (-len(word), word)))
"""Chinese words, the longest first."""

LINKING = frozenset(
    "的了我你他她它们这那是在有没不也都就还又和与或及把被给让从到对向为以很太最"
    "更着过吗呢吧啊呀嘛请问个台次下上里中后前时能会可要用看说做去来再但而且"
)
"""Characters that connect the words of Chinese sentences."""

STANDARDS = _words("""
utf iso gb sha md base win windows office os macos ios android ubuntu debian python java php
net http https ssl tls tcp udp ip ipv wifi wi fi usb hdmi vga rj pci sata ddr cat bt aes rsa
rfc ieee din ean crc x h v vs ver version rev build release update patch sp photo screenshot
scan copy page pages chapter line lines row column cell sheet step steps option level tier
stage phase part item point room floor building block gate desk seat zone area street road door
bay og eg vlan port channel slot tray drawer unit day days week weeks month months year q
quarter am pm uhr hr hrs min mins minute minutes sec s ms d w m km cm mm kg g mb kb tb gib mib
kbps mbps gbps ghz mhz hz k st nd rd th mon tue wed thu fri sat sun jan feb mar apr may jun jul
aug sep sept oct nov dec covid iphone ipad galaxy pixel mate thinkpad latitude surface laserjet
officejet deskjet pixma ecotank laptop pc notebook hl dcp mfc lbp mf et wf xp ts mg mx ix e i t
r l ecosys taskalfa sm rtx gtx core ryzen form a b c f j n o p u y z aa aaa and to or of the at
on in by no nr ext hq
""")
"""Standards, units, products and places whose number names a kind and not one thing."""

ENDINGS = _words("""
png jpg jpeg gif bmp tif tiff svg webp heic ico pdf doc docx xls xlsx xlsm ppt pptx csv txt rtf
zip rar gz tar exe msi dll sys log eml msg mp htm html xml json js css php asp aspx jsp md bak
tmp ini bat cmd ps sh apk dmg iso
""")
"""The extensions of file names."""

_PUBLIC = _words("""
12306.cn 12377.cn 126.com 139.com 163.com 1688.com 189.cn 1drv.ms 21cn.com 2345.com 360.cn
360.com 4399.com 51job.com 58.com hao123.com microsoft365.com office365.com web2.0
""")
EVERYBODYS = tuple(sorted(_PUBLIC))
"""Well-known public hosts whose name contains a digit."""

ADDRESSES = _words("""
127.0.0.1 127.0.1.1 0.0.0.0 1.1.1.1 1.0.0.1 8.8.8.8 8.8.4.4 9.9.9.9 114.114.114.114
114.114.115.115 223.5.5.5 223.6.6.6 119.29.29.29 180.76.76.76 208.67.222.222 192.168.0.1
192.168.1.1 192.168.1.254 192.168.2.1 192.168.31.1 192.168.3.1 192.168.100.1 10.0.0.1
10.0.0.138 172.16.0.1 192.168.0.254 192.168.8.1 192.168.178.1 255.255.255.0 255.255.255.255
255.255.0.0 255.0.0.0
""")
"""Addresses that every network or router has, and public name servers."""

NUMBERS = _words("""
404 502 503 504 500 400 401 403 405 408 409 413 429 501 505 507 530 550
619 628 629 633 638 645 651 678 691 692 718 720 721 734 735 756 766 781 789 791 797 800 806 807
809 812 868 1053 1058 1067 1068 1069 1075 1079 1203 1208 1219 1231 1311 1326 1327 1330 1355 1385
1392 1450 1500 1601 1602 1603 1606 1612 1618 1619 1625 1635 1638 1706 1714 1719 1720 1721 1722
1723 1726 1747 1789 1907 1909 1920 2152 2502 2503 5001 5002 5003 5004 10002 10004 10013 10048
10049 10050 10051 10053 10054 10060 10061 10065 11001 12002 12007 12029 12031 12152 12157 104101
104103 1045 1049 1062 1064 1130 1205 1213 2002 2003 2006 2013 18456 4060 4064 ora-00942 ora-01017
ora-12154 ora-12170 ora-12514 ora-12541 ora-28000 ora-28001
""")
"""Error numbers that every installation may show: HTTP, Windows, VPN, setup, SQL."""
