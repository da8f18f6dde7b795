"""The intent of a text in English or Chinese, and remarks about scope, health and time. Pure.

All expressions are for lower-case text.
"""

import re
from enum import StrEnum

from gateway.correlation.symptoms import Symptom


class Intent(StrEnum):
    """The intent of a text: a fault report, a recovery, a request, or planned work."""

    TROUBLE = "trouble"
    OVER = "over"
    REQUEST = "request"
    PLANNED = "planned"


OVER = re.compile(
    r"""
    works?\ (?:again|now|fine\ now) | working\ (?:again|now) | back\ to\ normal | is\ back\b
    | (?:has\ been|is|been|got)\ (?:resolved|fixed|solved)
    | can\ (?:open|log\ in|access|print)\ (?:it\ )?again
    | no\ longer\ (?:a\ problem|happens) | (?:已经?|都|刚|现在)(?:恢复|修好)
    | (?<![没未不])恢复正?常?了
    | (?:已经|都|现在|又)(?:好了|可以了|能用了|正常了) | 正常了 | 解决了 | 已解决 | 用上了""",
    re.VERBOSE | re.ASCII,
)
"""Phrases that say that the fault is over."""

NOT_OVER = re.compile(
    r"""
    not\ (?:been\ |yet\ )?(?:resolved|fixed|solved|back) | still\ (?:not|down|broken)
    | isn't\ (?:fixed|back)
    | [没未尚]有?(?:恢复|解决|修好|好) | 什么时候(?:能|可以|才)? | 何时 | 多久 | when\ will
    | 又(?:不行|挂|打不开|出)""",
    re.VERBOSE | re.ASCII,
)
"""Phrases that say that the fault is not over, or ask when it will be."""

REQUEST = re.compile(
    r"""
    \bplease\ (?:grant|install|create|add|give|order|reset|set\ up|provide|unlock)
    | \b(?:request|need|apply|applying)
      \ (?:for\ )?(?:an?\ |new\ )?(?:access|account|permission|licen[sc]e|laptop)
    | \bhow\ (?:do|can|to|would)\b | \bwhere\ (?:do|can)\ i\b
    | \bnew\ (?:employee|colleague|starter|account|user) | \bpassword\ reset\b | \bquestion\ about
    | \btraining\b | 申请 | 开通 | 新员工 | 新同事 | 权限 | 如何 | 怎样
    | 怎么(?:用|操作|设置|添加|导|改|申请|查|弄|配) | 咨询 | 培训 | 重置密码 | 安装一?下
    | 想问一?下?.{0,6}怎么
    | 请(?:帮忙)?(?:安装|增加|添加|创建|新建)""",
    re.VERBOSE | re.ASCII,
)
"""Phrases that ask for something."""

FAULT_SYMPTOMS = frozenset({Symptom.DOWN, Symptom.SLOW, Symptom.DELIVERY, Symptom.NETWORK})
"""Symptoms that make a fault report of a text that is worded as a request."""

PLANNED = re.compile(
    r"""
    \bplanned\b | \bscheduled\b | \bmaintenance\b
    | will\ be\ (?:down|unavailable|upgraded|offline|restarted)
    | \bupgrade\ (?:tonight|tomorrow|on|this) | change\ window | 计划(?:内|中|停|维护|于)
    | 维护(?:通知|窗口|计划|期间) | 例行维护 | 割接
    | (?:今晚|明天|周[一二三四五六日天]|今夜).{0,12}(?:升级|维护|停机|重启|割接) | 停机(?:维护|通知)
    | 升级(?:通知|公告|计划)""",
    re.VERBOSE | re.ASCII,
)
"""Phrases that announce planned work."""

ONLY_WRITER_AFFECTED = re.compile(
    r"""
    only\ (?:me|my|on\ my|for\ me|i\b) | just\ (?:me|my)\b
    | my\ (?:own\ )?(?:pc|laptop|computer|account|phone|machine)\ (?:only|alone)
    | (?:everyone|everybody|others?|colleagues?|the\ rest)\ (?:else\ )?
      (?:is|are|have|has|can|works?)\ (?:fine|ok|no|not\ affected|working|able|use|log|open|still)
    | works\ for\ (?:everyone|others|my\ colleague) | 只有我 | 就我 | 仅我 | 单独我 | 我一个人
    | 其他人(?:都)?(?:正常|没问题|没事|可以|能) | 别人(?:都)?(?:正常|没问题|没事|可以|能)
    | 同事(?:们)?(?:都|那边)?(?:都)?(?:正常|没问题|没事|可以|能)
    | 换(?:台|个)电脑(?:就|都)?(?:好|可以|正常)""",
    re.VERBOSE | re.ASCII,
)
"""Phrases that say that only the writer is affected."""

WORKING_AFTER_NAME = re.compile(
    r"""
    (?:\W{0,3}(?:is|are|itself|still|seems?|系统|平台|那边|也|都|还|是|倒是|今天)){0,4}\W{0,2}
    (?:works?\b|working|fine\b|ok\b|okay|normal\b|not\ affected|no\ problem|unaffected
      |正常|没问题|没事|好的|可以用|能用|不受影响)""",
    re.VERBOSE,
)
"""A remark behind a name that says that the thing named works."""

NOT_AFFECTED_BEFORE_NAME = re.compile(
    r"""
    (?:\bnot|n't|\bexcept|apart\ from|rather\ than|\binstead\ of|不是|并非|除了|而不是|unlike)
    \W{0,3}(?:the|in|on|with)?\W{0,2}$""",
    re.VERBOSE,
)
"""A remark before a name that says that the thing named is not the cause."""

EARLIER = re.compile(
    r"""
    last\ (?:week|month|year) | weeks?\ ago | months?\ ago | 上周 | 上个?月 | 去年 | 几天前 | 前几天
    | 上星期""",
    re.VERBOSE | re.ASCII,
)
"""Phrases that place the fault days, weeks or longer ago."""


def intent_of(text: str, symptoms: frozenset[Symptom]) -> Intent:
    """Return the intent of a lower-case text; TROUBLE only if nothing points to another one."""
    if PLANNED.search(text):
        return Intent.PLANNED
    if OVER.search(text) and not NOT_OVER.search(text):
        return Intent.OVER
    if REQUEST.search(text) and not symptoms & FAULT_SYMPTOMS:
        return Intent.REQUEST
    return Intent.TROUBLE
