"""The meaning of a reporter's answer to a resolution: agreement, refusal or unclear. Pure.

English and Chinese. It is judged by words, so only plain answers are decided: where words speak
for both, or for neither, the meaning is unclear and a person has to read it.
"""

import re
from collections.abc import Iterable
from enum import StrEnum


class AnswerMeaning(StrEnum):
    """The meaning of an answer."""

    AGREES = "agrees"
    REFUSES = "refuses"
    UNCLEAR = "unclear"


LOOKED_AT = 2_000
"""The characters of an answer that are examined."""

MOST_WORDS = 3
HAN_NAME = re.compile(
    r"(?:小[\u4e00-\u9fff]{1,2}|[\u4e00-\u9fff]{1,3}(?:工|总|哥|姐|经理|师傅|主管|主任|先生|女士)|[\u4e00-\u9fff])?"
)
"""The rest of plain thanks without its words: the name of the addressee or the writer."""


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_OK_AGAIN = r"(?: (?:now|again|fine|well|perfectly|as expected|here|for me|on my side)){0,3}"

_HARMLESS = _any(
    r"thanks again|(?:once )?again,? (?:many |my )?thank(?:s| you)",
    r"(?:no longer|not|never|hasn't|has not) (?:\w+ ){0,2}"
    r"(?:happen|occur|seen?|show|get|fail|crash|appear|come|coming|back)\w*"
    r"(?: (?:again|back|any ?more|the|an?|that|this|errors?|since)){0,4}",
    r"(?:no|without|any) (?:more |further )?(?:errors?|problems?|issues?|trouble)"
    r"(?: any ?more| so far| at all)?",
    r"(?:errors?|problems?|issues?|faults?|trouble)"
    r"(?: is| are| has| have| was| were| been| now| all){0,4}"
    r" (?:gone|disappeared|vanished|solved|fixed|resolved)",
    r"still (?:works|working|fine|ok|good)",
    r"again back (?:to normal|online)|back again (?:to normal|online)",
    r"(?<!not )(?<!n['’]t )(?<!never )(?<!stopped )(?<!stops )work(?:s|ed|ing)? (?:\w+ )?again",
    r"(?:no longer|isn['’]t|aren['’]t|is not|are not) (?:broken|slow|stuck|down)(?: any ?more)?",
    r"(?:n['’]t|not) (?:crash|fail|hang|freeze|happen)(?:ing)? any ?more",
    r"(?:cannot|can['’]t|could not|couldn['’]t|unable to) reproduce"
    r"(?: (?:it|this|that|the \w+))?(?: any ?more)?",
    r"不(?:卡|慢|报错|掉线|死机|崩溃)了",
    r"不再\S{0,8}|没有?再\S{0,8}|没有?(?:任何)?(?:报错|错误|故障|异常|问题)了?|再次(?:感谢|谢谢|多谢|表示感谢)",
    r"还是(?:很|要|得)?(?:谢谢|感谢|多谢)|还是(?:好|正常)[的了]",
    r"(?:问题|错误|故障|报错|异常)(?:已经?|都)?(?:消失|没有?|解决|排除|修复|恢复)了",
)
"""Phrases that contain a word of trouble but report none."""

_OPEN = _any(
    r"still (?:(?:to be )?test\w*|check\w*|wait\w*|(?:need|have) to (?:test|check))",
    r"\b(?:if|in case|whether|unless|should it)\b[^.,;!?\n]{0,80}",
    r"(?:\b(?:will|would|can|shall)|['’]ll) (?:re-?open|come back|get back|be back|let you know)\b",
    r"\b(?:not (?:be )?back|(?:i am|i['’]m|we are) back)\b",
    r"\bback (?:again )?(?:on|next|by|in) (?:\w+ )?"
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|week|office)\b",
    r"\b(?:cannot|can['’]?t|could not|couldn['’]t|unable to|not able to)"
    r" (?:test|check|try|verify|confirm|look|come|answer|reply|say|tell|thank)\b",
    r"\bwrong (?:number|address|ticket|mail|person|recipient)|\bstuck in\b",
    r"(?:如果|要是|假如|万一|倘若|若)[^。！？；;!?\n]{0,80}|[^，。！？；,;!?\n]{1,20}的话",
    r"[发打弄填写]错|(?:又|再次?|还)(?:出现|有问题|不行)[^，。！？,!?\n]{0,6}再(?:联系|反馈|说|找|报)",
    r"[没无不](?:法|能|来得及|有时间)?(?:测试|验证|试)",
)
"""Phrases about the unknown, about what may come, or about something else."""

_PLAIN = _any(
    r"\bstill (?:not|no|does|is|am|isn|have|has|get|see|the same|broken|fail|slow|happen|occur"
    r"|crash|down|can|unable|an? |there)",
    r"\b(?:happen\w*|occur\w*|fail\w*|down|back|broke\w*|crash\w*|stopp\w*|errors?|slow|problem|issue|gone)\b.{0,20}\bagain\b",
    r"\bagain (?:today|this|since|now|after)\b",
    r"\bnot (?:yet )?(?:been )?(?:working|work|works|solved|fixed|resolved|ok|okay|better)\b"
    r"|\bno (?:change|better|luck)\b",
    r"n['’]t (?:been )?(?:work|help|fix|solve|resolve|changed)"
    r"|\bsame (?:problem|issue|errors?|thing|as before)\b",
    r"\b(?:comes?|came|is|are) back\b(?! to normal| up| online)|\bre-?open"
    r"|\bun(?:solved|resolved|fixed)\b",
    r"\bgot worse|\bworse than\b|\bkeeps? (?:on )?\w+ing\b",
    r"还是(?:有问题|不|没|无法|打不开|报|一样|这样|那样|老样子|连|很?慢|很?卡|出现|有|登|提示|显示|用不了|失败|错)",
    r"(?:仍然?|仍旧|依然|依旧)(?:不|没|无法|报|有|存在|出现|提示|未|很?慢|很?卡|是|如此|打不开|连不上|失败)",
    r"[没未](?:弄|修|搞|完全)?好|问题(?:依旧|依然|仍在|还在|又来)|老问题|不是这个问题|更(?:慢|糟|卡|严重)",
    r"又(?:开始)?(?:出|报|不|坏|发生|断|来|很?卡|很?慢|打不开|连不上|崩|挂|掉|失败|死机|没)",
    r"(?:没有?|未|并没有?)(?:彻底|完全|真正|得到|被|能)?(?:解决|修好|修复|恢复|好转|变化|用|效果|处理好|搞定)",
    r"不能用|^\s{0,5}(?:都|也)?不行\s{0,5}[。.!！]?\s{0,5}$",
    r"重新打开|重开|(?:同样|一样|相同)的(?:问题|错误|故障|报错)",
)
"""Phrases that say that the trouble is not over, whatever else is said."""

_DENIED = _any(
    r"(?:\b(?:not|never|no|nothing|cannot|hardly)\b|n['’]t\b)\W{0,2}(?:\w{1,20} ){0,3}?"
    r"(?:works?|working|worked|solved|fixed|resolved|ok|okay|fine|good)\b",
    r"\b(?:said|says|told|thought|marked|supposed|should|claims?|hoped?|was|were|had|been)\b"
    r"[^.,!?\n]{0,30}?\b(?:works?|working|worked|solved|fixed|resolved)\b",
    r"(?:[没未不无]|说|以为|显示|标)[^，。！？,!?\n]{0,6}?(?:好|解决|恢复|正常|可以|能用|修复|搞定)(?:用|使用)?了?",
)
"""Good news that is denied, or reported as somebody else's words."""

_BETTER = _any(
    r"\b(?:works?|working|worked|solved|fixed|resolved|ok)\b"
    r"|\b(?:all|is|are|now) (?:okay|fine|good)\b",
    r"(?:可以|好|正常|恢复|解决|能用|搞定|修好|可以用)了|没问题",
)
"""Good news; beside it words of trouble may be about the past or about something else."""

_DOES = (
    r"(?:open|log|sign|access|connect|print|save|send|start|use|load|see|find|get|read|download"
    r"|upload|install|update|reach|receive|edit|view|enter|play|hear|scan|work|delete|create|boot|respond"
    r"|show|let|accept|run|sync|recogni[sz]e|display|charge|turn|help)"
)
"""Verbs for what people do with things, and things do."""

_TROUBLE = _any(
    r"\b(?:errors?|fail(?:s|ed|ing|ure)?|broken|crash\w*|stuck|wrong)\b",
    r"\b(?:cannot|can['’]?t|unable to|not able to|(?:does|is|wo)n['’]?t|(?:does|will) not)"
    r" (?:even |really |to |be |let me |properly ){0,2}" + _DOES + r"\w{0,3}\b",
    r"无法|失败|报错|打不开|连不上|用不了|登不上|登录不了|坏了|死机|崩溃|掉线|不好用|不管用|不正常|没反应|异常",
    r"不(?:能|可以)(?:正常)?(?:用|使用|登|打|上|连|访问|保存|发|收|启动|播放|安装|下载|识别|显示|开)",
    r"^\s{0,5}(?:都|也)?不(?:行|能|可以)|(?:结果|数据|显示|数字|金额|内容)不对",
)
"""Phrases of trouble, which may be over."""

_ASKED = _any(
    r"[?？]|\b(?:what|why|when|how|which|where|who)\b|\b(?:could|can|would|will) you\b",
    r"\b(?:was|were|had)\b|\bmy (?:fault|mistake)\b|\bon my (?:side|end)\b",
    r"请问|为什么|怎么|什么|原因|吗|之前|昨天|当时|麻烦告",
)
"""Questions and words of the past: trouble in them is not said to be present."""

_GOOD = _any(
    r"\b(?:(?:many|much|so|very) ){0,3}(?:thanks|thank you|thank u|thx|tks|ty|cheers"
    r"|appreciate(?:d| it)?)"
    r"(?: (?:a lot|so much|very much|again|all|everyone"
    r"|for(?: (?:your|the|all|quick|fast|prompt|great|kind)){0,3}"
    r" (?:help|support|fix|response|reply|work|update|efforts?))){0,3}\b",
    r"\b(?:great|perfect|excellent|awesome|wonderful|brilliant|super|nice|good(?: job| work)?"
    r"|well done)\b",
    r"\b(?:(?:the|my|our) (?:\w{1,20} ){1,2})?"
    r"(?:(?:it|that|this|all|everything|now|is|are|again|has|been|indeed|the|problem|issue|looks?"
    r"|seems?|to be) ){0,6}"
    r"(?:works?|working|solved|fixed|resolved|ok|okay|fine|good|back to normal|all good|confirmed)"
    + _OK_AGAIN
    + r"\b",
    r"\b(?:you )?(?:can|may|please|pls) (?:be )?close[sd]?(?: (?:it|this|the)){0,1}"
    r"(?: (?:ticket|case|incident|request))?\b",
    r"\b(?:(?:i )?confirm(?:ed)?|got it|noted|received|done|yes|yep|sure)\b|👍|👌|🙏|😊|🎉",
    r"(?:非常|十分|多|太|很|万分|再次|真的){0,3}(?:感谢|谢谢|谢了|谢|辛苦了?|麻烦了)"
    r"(?:您|你们?|大家|各位|老师|的|支持|帮助|帮忙|处理|了|啦){0,6}",
    r"(?:现在|目前|今天|已经?|都|可以|刚|测试|试了|确认|全部|完全|一切|系统|电脑|网络|问题|打印机){0,5}"
    r"(?:解决|正常|恢复(?:正常)?|修好|好|可以|能用|没问题|搞定|通过|行)(?:使用)?了?[的啦哦哈呢]?",
    r"(?:可以|请|麻烦|同意)?(?:关闭|结单|关单|关了)(?:工单|此单|这个单|该单|即可|吧|了){0,2}",
    r"收到|知道了?|明白了?|了解了?|确认|嗯|好哒|太好了|太棒了|赞|没事了",
)
"""Thanks, agreement, and that it works."""

_COURTESY = _any(
    r"\b(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|(?:best|kind|warm)?,? ?regards|br"
    r"|sincerely|yours)\b",
    r"\b(?:team|all|everyone|colleagues?|sir|madam|support|desk"
    r"|have a (?:nice|good|great) (?:day|evening|weekend|one))\b",
    r"\b(?:best|and|very|so|much|for|the|guys|folks|mate|friends?)\b",
    r"\b(?:your|my|from|it|now|is|to|you|that|this|a|i)\b",
    r"您好|你好|大家好|各位|老师|同事|祝好|此致|敬礼|顺祝|商祺|工作顺利|的|了|啦|哈|哦|呢|吧|啊|您|你们?|我们?|这边",
)
_BUT = _any(
    r"[?？]|\b(?:but|however|although|except|not|no|never|nothing|until|unless|only|sometimes|part\w*|almost|mostly|half)\b",
    r"\b(?:slow\w*|if|yet|another|also|or|what|when|why|how|which|please|need)\b|n['’]t\b",
    r"但|可是|不过|只是|然而|除了|只|有时|偶尔|部分|慢|卡|差不多|如果|再|不|没|未|别|吗|么|怎么|为什么|什么|何时|请|还有|另外",
)
_WORD, _HAN = re.compile(r"[^\W\d_]+"), re.compile(r"[\u4e00-\u9fff]")


def answer_meaning(text: str, *names: str) -> AnswerMeaning:
    """Return the meaning of an answer, given without quotations; it may be signed by `names`.

    REFUSES and AGREES are returned only where the answer is plain.
    """
    said = _HARMLESS.sub(" ok ", _OPEN.sub("?", text[:LOOKED_AT]))
    if _PLAIN.search(said):
        return (
            AnswerMeaning.UNCLEAR
            if _BETTER.search(_DENIED.sub(" ", said))
            else AnswerMeaning.REFUSES
        )
    good = _GOOD.search(said) is not None
    if _TROUBLE.search(said):
        return AnswerMeaning.UNCLEAR if good or _ASKED.search(said) else AnswerMeaning.REFUSES
    return (
        AnswerMeaning.AGREES
        if good and _is_nothing(_GOOD.sub(" ", said), names)
        else AnswerMeaning.UNCLEAR
    )


def _is_nothing(left: str, names: Iterable[str]) -> bool:
    """Return whether nothing but courtesies and a name is left."""
    if _BUT.search(left):
        return False
    for name in names:
        for part in (name, *name.split()):
            left = left.replace(part, " ") if len(part) > 1 else left
    left = _COURTESY.sub(" ", left)
    words = _WORD.findall(_HAN.sub(" ", left))
    named = len(words) <= MOST_WORDS and all(word[0].isupper() for word in words)
    return named and HAN_NAME.fullmatch("".join(_HAN.findall(left))) is not None
