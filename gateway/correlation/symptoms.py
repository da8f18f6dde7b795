"""The symptoms that people and monitors report, in English and Chinese. Pure.

"打不开" and "cannot open" are one symptom. A symptom can cause another: nobody can log in to what
is down.
"""

import re
from collections.abc import Mapping
from enum import StrEnum


class Symptom(StrEnum):
    """A kind of fault."""

    DOWN = "down"
    SLOW = "slow"
    LOGIN = "login"
    DELIVERY = "delivery"
    PRINT = "print"
    DATA = "data"
    NETWORK = "network"
    DISK = "disk"
    LOAD = "load"
    CERTIFICATE = "certificate"
    FILE = "file"
    ERROR = "error"
    TROUBLE = "trouble"


_NOT = (
    r"(?:can\ ?not|can'?t|could\ ?n[o']t|could\ not|won'?t"
    r"|does\ ?n[o']t|does\ not|do\ not|don'?t|is\ ?n'?t|is\ not|not"
    r"|unable\ to|fails?\ to|no\ longer|never)"
)

SYMPTOM_PHRASES: Mapping[Symptom, str] = {
    Symptom.DOWN: rf"""
        {_NOT}\ (?:even\ |properly\ |be\ )?(?:open|load|respond|start|work|access
          |reach|connect|get\ (?:in|on)to?|use|show|come\ up|answer|run)
        | \b(?:is|are|went|gone|going|be|completely|totally|still|again|seems)
          \ (?:down|dead|offline)\b
        | \bdown(?:\ (?:again|for|since|now)|$|[!.?:])
        | \bunavailable | \bunreachable | \bunresponsive | \boutage | \boffline | \bcrash
        | \b50[234]\b
        | blank\ (?:page|screen)
        | white\ (?:page|screen) | no\ (?:response|answer|access\ to\ any) | \bstopped\ working
        | \bhost\ down
        | bad\ gateway | \bstopped\b
        | connection\ refused | probe\ failed | health\ ?check
        | process\ (?:exited|not\ running|gone)
        | nothing\ (?:loads|opens|happens|comes)
        | 打\s?不\s?开 | 开不了 | 开不开 | 打开不了 | 无法(?:打开|访问|使用|连接|进入|加载|启动)
        | (?:访问|加载|进|上|用|连)不(?:了|到|上|去|出|进)
        | 不能(?:访问|用|使用|打开|进) | 没(?:有)?(?:反应|响应) | 无(?:法)?响应 | 不响应 | 挂了
        | 挂掉 | 宕机
        | 崩 | 瘫痪 | 不可用 | 白屏
        | 空白页 | 中断 | 停了 | 停止(?:服务|运行) | 进不去 | 不工作 | 无服务 | 离线 | 探测失败
        | 起不来 | 刷不出""",
    Symptom.SLOW: r"""
        \bslow | \bsluggish | \blag(?:s|gy|ging)?\b | \blatency
        | takes?\ (?:forever|ages|minutes|so\ long|very\ long|a\ long) | \bhang(?:s|ing)?\b
        | \bfr[eo]+z | \bspinning | \bspins | \btime\ ?outs?\b | \btime[ds]\ out | response\ time
        | \bcrawl
        | \bstuck\ loading | \bloading\ forever
        | \bdelay(?:s|ed)? | 慢 | 卡(?!片|号|证|机|座|丁) | 转圈 | 延迟 | 延时 | 超时 | 很久 | 半天
        | 响应时间
        | 一直在?加载 | 转个不停 | 等了好""",
    Symptom.LOGIN: r"""
        \blog\ ?(?:ged\ )?-?(?:in|on)\b | \blogging\ (?:in|on)\b | \blogins?\b
        | \bsign(?:ing|ed)?[- ]?(?:in|on)\b | \bpasswords? | \bcredentials?\b
        | authenticat | locked\ out | account\ (?:is\ )?locked | \b401\b | \bsso\b | \bmfa\b
        | 登[录陆入]
        | 密码 | 认证 | 账[号户]被?锁 | 单点 | 验证码""",
    Symptom.DELIVERY: r"""
        (?:not|never|no\ longer|stopped)\ (?:receiv|arriv|deliver|send|getting\ (?:any\ )?mail)
        | \bundeliver
        | \bbounc | stuck\ in\ (?:the\ |my\ )?outbox
        | (?:can\ ?not|can'?t|unable\ to)\ (?:send|receive)
        | (?:mail|message)s?\ (?:queue|don'?t\ arrive|do\ not\ arrive|are\ not)
        | no\ (?:new\ )?(?:mail|messages?)\b | queue\ (?:length|size|is\ growing) | 收不到
        | 发不(?:出|了|出去) | 发送失败 | 退信 | 无法(?:发送|接收|收发)
        | 收发 | 没收到 | 队列(?:堆积|积压)""",
    Symptom.PRINT: r"""
        \bprint(?:s|ed|er|ers|ing)?\b | paper\ jam | \btoner | 打印 | 卡纸 | 墨粉 | 硒鼓""",
    Symptom.DATA: r"""
        wrong\ (?:number|figure|total|amount|price|data|balance|name|customer)s? | incorrect
        | \bmissing\b
        | \bduplicat | (?:do|does)\ ?n[o']t\ (?:add|match)
        | do\ not\ (?:add|match) | out\ of\ date | outdated | \bstale | garbled
        | 数据(?:不对|错误|有误|丢失|异常) | (?:数字|金额|价格|余额|总数)(?:不对|错|有误)
        | 丢失 | 不一致 | 对不上 | 重复 | 乱码 | 少了 | 没有更新 | 不准""",
    Symptom.NETWORK: r"""
        \bwi-?fi\b | \binternet\b | \bnetwork\b | \bdisconnect | packet\ loss
        | drops?\ (?:every|all|the|out|my|constantly) | keeps\ dropping | link\ down
        | 断网 | 网络 | 掉线 | 丢包 | 断开 | 断线 | 没网 | 上不了网 | 连不上网 | 无线""",
    Symptom.DISK: r"""
        \bdisk | no\ space | storage\ (?:is\ )?full | filesystem | \bvolume\ (?:is\ )?full | 磁盘
        | 硬盘
        | 空间(?:不足|满|已满) | 存储(?:满|不足)""",
    Symptom.LOAD: r"""
        \bcpu\b | \bmemory\b | \boom\b | high\ load | load\ average | too\ many\ connections
        | 内存 | 负载 | 连接数 | 使用率""",
    Symptom.CERTIFICATE: r"""
        certificat | \bssl\b | \btls\b | not\ secure | not\ private | 证书 | 不安全 | 不受信任""",
    Symptom.FILE: r"""
        \bexport | \bupload | \bdownload | \battachments? | \bpdf\b | \bexcel\b | 导出 | 导入 | 上传
        | 下载 | 附件""",
    Symptom.ERROR: r"""
        \berrors? | \bfail(?:s|ed|ing|ure)?\b | \bexception | \b500\b | 报错 | 错误 | 失败 | 异常
        | 出错 | 故障码""",
    Symptom.TROUBLE: r"""
        \bproblems?\b | \bissues?\b | \btrouble | \bbroken\b | something\ (?:is\ )?wrong
        | acting\ up
        | \bweird | 问题 | 坏了 | 故障 | 毛病 | 不正常
        | 不太对 | 不行 | 怎么回事""",
}
"""The phrases of each symptom as one verbose regular expression; English in lower case."""

_EXPRESSIONS = {
    symptom: re.compile(words, re.VERBOSE | re.ASCII) for symptom, words in SYMPTOM_PHRASES.items()
}

_S = Symptom
EFFECTS_OF_SYMPTOM: Mapping[Symptom, frozenset[Symptom]] = {
    _S.DOWN: frozenset({_S.SLOW, _S.LOGIN, _S.DELIVERY, _S.FILE, _S.ERROR, _S.PRINT, _S.NETWORK}),
    _S.SLOW: frozenset({_S.DOWN, _S.LOGIN, _S.FILE, _S.ERROR, _S.DELIVERY}),
    _S.NETWORK: frozenset({_S.DOWN, _S.SLOW, _S.LOGIN, _S.DELIVERY, _S.ERROR, _S.PRINT, _S.FILE}),
    _S.DISK: frozenset({_S.DOWN, _S.SLOW, _S.DELIVERY, _S.ERROR, _S.FILE}),
    _S.LOAD: frozenset({_S.DOWN, _S.SLOW, _S.LOGIN, _S.ERROR, _S.FILE}),
    _S.CERTIFICATE: frozenset({_S.DOWN, _S.LOGIN, _S.ERROR}),
    _S.ERROR: frozenset({_S.DOWN, _S.LOGIN, _S.FILE}),
    _S.LOGIN: frozenset({_S.ERROR}),
    _S.DELIVERY: frozenset({_S.ERROR}),
    _S.PRINT: frozenset({_S.ERROR}),
    _S.FILE: frozenset({_S.ERROR}),
    _S.DATA: frozenset(),
    _S.TROUBLE: frozenset(),
}
"""The symptoms that each symptom can cause."""


def symptoms_in(text: str) -> frozenset[Symptom]:
    """Return the symptoms that a lower-case text names."""
    return frozenset(symptom for symptom, words in _EXPRESSIONS.items() if words.search(text))
