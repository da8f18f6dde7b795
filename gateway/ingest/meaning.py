"""What a reporter means by the answer to "it is resolved": thanks, that it is not, or something that a person has to read. Pure.

English and Chinese. Told by words, so only what is plain is told: where words speak for both, or for neither, it is unclear.
"""

import re
from enum import StrEnum


class Meaning(StrEnum):
    """What somebody means who answers."""

    AGREES = "agrees"
    REFUSES = "refuses"
    UNCLEAR = "unclear"


LOOKED_AT = 2_000
"""Characters of an answer that are looked at."""

MOST_WORDS, MOST_HAN = 3, 4
"""What may be left of plain thanks when their words are taken out: a name."""


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_OK_AGAIN = r"(?: (?:now|again|fine|well|perfectly|as expected|here|for me|on my side)){0,3}"

_HARMLESS = _any(
    r"thanks again|(?:once )?again,? (?:many |my )?thank(?:s| you)",
    r"(?:no longer|not|never|hasn't|has not) (?:\w+ ){0,2}(?:happen|occur|seen?|show|get|fail|crash|appear|come|coming|back)\w*"
    r"(?: (?:again|back|any ?more|the|an?|that|this|errors?|since)){0,4}",
    r"(?:no|without|any) (?:more |further )?(?:errors?|problems?|issues?|trouble)(?: any ?more| so far| at all)?",
    r"(?:errors?|problems?|issues?|faults?|trouble)(?: is| are| has| have| was| were| been| now| all){0,4}"
    r" (?:gone|disappeared|vanished|solved|fixed|resolved)",
    r"still (?:works|working|fine|ok|good)",
    r"不再\S{0,8}|没有?再\S{0,8}|没有?(?:任何)?(?:报错|错误|故障|异常|问题)了?|再次(?:感谢|谢谢|多谢|表示感谢)",
    r"还是(?:很|要|得)?(?:谢谢|感谢|多谢)|还是(?:好|正常)的?",
    r"(?:问题|错误|故障|报错|异常)(?:已经?|都)?(?:消失|没有?|解决|排除|修复|恢复)了",
)
"""What holds a word of trouble and tells of none."""

_OPEN = _any(r"still (?:(?:to be )?test\w*|check\w*|wait\w*|(?:need|have) to (?:test|check))")
"""What is not known yet."""

_PLAIN = _any(
    r"\bstill (?:not|no|does|is|am|isn|have|has|get|see|the same|broken|fail|slow|happen|occur|crash|down|can|unable|an? |there)",
    r"\b(?:happen\w*|occur\w*|fail\w*|down|back|broke\w*|crash\w*|stopp\w*|errors?|slow|problem|issue|gone)\b.{0,20}\bagain\b",
    r"\bagain (?:today|this|since|now|after)\b",
    r"\bnot (?:yet )?(?:been )?(?:working|work|works|solved|fixed|resolved|ok|okay|better)\b|\bno (?:change|better|luck)\b",
    r"n['’]t (?:been )?(?:work|help|fix|solve|resolve|change)|\bsame (?:problem|issue|errors?|thing|as before)\b",
    r"\b(?:comes?|came|is|are) back\b(?! to normal| up| online)|\bre-?open|\bun(?:solved|resolved|fixed)\b",
    r"\bgot worse|\bworse than\b|\bkeeps? (?:on )?\w+ing\b",
    r"还是(?:有问题|不|没|无法|打不开|报|一样|这样|那样|老样子|连|很?慢|很?卡|出现|有|登|提示|显示|用不了|失败|错)",
    r"(?:仍然?|仍旧|依然|依旧)(?:不|没|无法|报|有|存在|出现|提示|未|很?慢|很?卡|是|如此|打不开|连不上|失败)",
    r"问题(?:依旧|依然|仍在|还在|又来)|老问题|不是这个问题|更(?:慢|糟|卡|严重)",
    r"又(?:开始)?(?:出|报|不|坏|发生|断|来|很?卡|很?慢|打不开|连不上|崩|挂|掉|失败|死机|没)",
    r"(?:没有?|未|并没有?)(?:彻底|完全|真正|得到|被|能)?(?:解决|修好|修复|恢复|好转|变化|用|效果|处理好|搞定)",
    r"重新打开|重开|(?:同样|一样|相同)的(?:问题|错误|故障|报错)",
)
"""What says that it is not over, whatever else is said."""

_TROUBLE = _any(
    r"\b(?:errors?|fail(?:s|ed|ing|ure)?|broken|cannot|can['’]?t|unable|wrong|crash\w*|stuck)\b",
    r"\b(?:does|did|is|wo)n['’]?t\b",
    r"无法|失败|报错|打不开|连不上|用不了|登不上|登录不了|坏了|死机|崩溃|掉线|不行|不能|不可以|不对|不好用|不管用|不正常|没反应|异常",
)
"""What tells of trouble, perhaps of that which is over."""

_GOOD = _any(
    r"\b(?:(?:many|much|so|very) ){0,3}(?:thanks|thank you|thank u|thx|tks|ty|cheers|appreciate(?:d| it)?)"
    r"(?: (?:a lot|so much|very much|again|all|everyone|for(?: (?:your|the|all|quick|fast|prompt|great|kind)){0,3}"
    r" (?:help|support|fix|response|reply|work|update|efforts?))){0,3}\b",
    r"\b(?:great|perfect|excellent|awesome|wonderful|brilliant|super|nice|good(?: job| work)?|well done)\b",
    r"\b(?:(?:it|that|this|all|everything|now|is|are|again|has|been|indeed|the|problem|issue|looks?|seems?|to be) ){0,6}"
    r"(?:works?|working|solved|fixed|resolved|ok|okay|fine|good|back to normal|all good|confirmed)" + _OK_AGAIN + r"\b",
    r"\b(?:you )?(?:can|may|please|pls) (?:be )?close[sd]?(?: (?:it|this|the)){0,1}(?: (?:ticket|case|incident|request))?\b",
    r"\b(?:(?:i )?confirm(?:ed)?|got it|noted|received|done|yes|yep|sure)\b|👍|👌|🙏|😊|🎉",
    r"(?:非常|十分|多|太|很|万分|再次|真的){0,3}(?:感谢|谢谢|谢了|谢|辛苦了?|麻烦了)"
    r"(?:您|你们?|大家|各位|老师|支持|帮助|帮忙|处理|了|啦){0,4}",
    r"(?:现在|目前|今天|已经?|都|可以|刚|测试|试了|确认|全部|完全|一切|系统|电脑|网络|问题|打印机|基本){0,5}"
    r"(?:解决|正常|恢复(?:正常)?|修好|好|可以|能用|没问题|搞定|通过|行)(?:使用)?了?[的啦哦哈呢]?",
    r"(?:可以|请|麻烦|同意)?(?:关闭|结单|关单|关了)(?:工单|此单|这个单|该单|即可|吧|了){0,2}",
    r"收到|知道了?|明白了?|了解了?|确认|嗯|好哒|太好了|太棒了|赞|没事了",
)
"""Thanks, agreement, and that it works."""

_COURTESY = _any(
    r"\b(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|(?:best|kind|warm)?,? ?regards|br|sincerely|yours)\b",
    r"\b(?:team|all|everyone|colleagues?|sir|madam|support|desk|have a (?:nice|good|great) (?:day|evening|weekend|one))\b",
    r"\b(?:best|and|very|so|much|for|the)\b",
    r"\b(?:your|my|from|it|now|is|to|you|that|this|a|i)\b",
    r"您好|你好|大家好|各位|老师|同事|祝好|此致|敬礼|顺祝|商祺|工作顺利|的|了|啦|哈|哦|呢|吧|啊|您|你们?|我们?|这边",
)
_BUT = _any(
    r"[?？]|\b(?:but|however|although|except|not|no|never|nothing|until|unless|what|when|why|how|which|please|need)\b|n['’]t\b",
    r"但|可是|不过|只是|然而|除了|不|没|未|别|吗|么|怎么|为什么|什么|何时|请|还有|另外",
)
_WORD, _HAN = re.compile(r"[^\W\d_]+"), re.compile(r"[\u4e00-\u9fff]")


def meaning(text: str) -> Meaning:
    """What an answer means, without what it quotes: REFUSES and AGREES where it is plain."""
    said = _HARMLESS.sub(" ok ", _OPEN.sub("?", text[:LOOKED_AT]))
    if _PLAIN.search(said):
        return Meaning.REFUSES
    good = _GOOD.search(said) is not None
    if _TROUBLE.search(said):
        return Meaning.UNCLEAR if good else Meaning.REFUSES
    return Meaning.AGREES if good and _is_nothing(_GOOD.sub(" ", said)) else Meaning.UNCLEAR


def _is_nothing(left: str) -> bool:
    """Whether no more is left than courtesies and a name."""
    if _BUT.search(left):
        return False
    left = _COURTESY.sub(" ", left)
    han = len(_HAN.findall(left))
    return han <= MOST_HAN and len(_WORD.findall(_HAN.sub(" ", left))) <= MOST_WORDS
