"""Features of a report or an open record, read from its fields and its words. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.catalogue.topology import NameKind, NameMention, Topology
from gateway.correlation.identifiers import is_common, machines_in, numbers_in, terms_in
from gateway.correlation.intents import (
    EARLIER,
    NOT_AFFECTED_BEFORE_NAME,
    ONLY_WRITER_AFFECTED,
    WORKING_AFTER_NAME,
    Intent,
    intent_of,
)
from gateway.correlation.symptoms import Symptom, symptoms_in
from gateway.knowledge.similarity import words

MAX_TEXT_READ = 600
"""The number of characters read of a title and a description; the fault is named early."""

NEAR = 24
"""The number of characters around a name that are searched for a remark that it works."""

HEADING = re.compile(
    r"^[-_* ]{0,20}(?:original message|原始邮件|原始郵件|转发的?邮件|forwarded message)"
    r"|^(?:on .{5,200} wrote|在.{3,200}写道|.{3,100}写道)\s?[:：]"
    r"|^(?:from|发件人|寄件者)\s?[:：].{1,200}$",
    re.IGNORECASE | re.MULTILINE,
)
CALL_TITLE = re.compile(
    r"(?:(?:missed )?call from |message from |(?:未接)?来电[:：]|短信[:：])"
    r".{0,300}?(?:\+?[0-9]{2,20}|a withheld number|未显示号码)\)?",
    re.IGNORECASE,
)
"""The title of a record of a call as the gateway words it.

It says who called and nothing about the reason.
"""

REMARK = re.compile(
    (
        r"^(?:attached: \S{1,2000}|附件地址[:：]\S{1,2000}"
        r"|since .{1,60} \(told later\)|开始时间[:：].{1,60}（事后报告）)$"
    ),
    re.IGNORECASE | re.MULTILINE,
)
"""Lines that the gateway itself writes into descriptions."""

QUOTED = re.compile(r"^[>＞].*$", re.MULTILINE)
SIGNATURE = re.compile(
    r"^-- ?$|^[ \t]{0,5}(?:(?:(?:best|kind|warm|many) )?regards|best wishes|cheers"
    r"|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)"
    r"|thanks(?: (?:and|&) regards)?|(?:many )?thanks|thank you"
    r"|mit freundlichen grüßen|viele grüße|mfg|cordialement"
    r"|祝好|此致|敬礼|顺颂商祺|谢谢)[ ,，.!！]{0,5}$",
    re.IGNORECASE | re.MULTILINE,
)
"""The beginning of a signature: a closing phrase on a line of its own."""

SIGNATURE_LINE = re.compile(
    r"^[ \t]{0,5}(?:(?:tel|phone|mobile|cell|fax|e-?mail|web|address|office|department|dept|ext"
    r"|地址|电话|手机|传真|邮箱|网址|工号|部门|微信|座机|分机|公司)\.?[ \t]{0,3}[:：+0-9].{0,300}"
    r"|sent from my .{0,100}|发自我的.{0,100}|www\..{0,200}|.{0,200}\bconfidential\b.{0,300})$",
    re.IGNORECASE | re.MULTILINE,
)
"""A line of a signature: it says who writes and nothing about the subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportText:
    """A report, or the text and fields that an open record was opened with.

    `deliberate` is true if somebody chose `service`, false if it is a mailbox's default.
    """

    title: str
    text: str = ""
    service: str = ""
    ci: str = ""
    site: str = ""
    deliberate: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFeatures:
    """The features of a report: the services, items, machines, symptoms and words that it names.

    `named` are the services named in the text, `services` those and the ones of the fields;
    `common` are services that no field names and that the text names only by words that
    everybody uses; `well` are services of which the text says that they work. `hosts` are names,
    codes and addresses of machines that the catalogue may not know, `numbers` those of errors,
    orders and the like, `terms` words that may be rare.
    """

    services: frozenset[str]
    named: frozenset[str]
    common: frozenset[str]
    well: frozenset[str]
    cis: frozenset[str]
    hosts: frozenset[str]
    numbers: frozenset[str]
    terms: frozenset[str]
    sites: frozenset[str]
    symptoms: frozenset[Symptom]
    intent: Intent
    alone: bool
    earlier: bool
    words: str

    @property
    def has_subject(self) -> bool:
        """True if the report names a service, an item or a machine."""
        return bool(self.services or self.cis or self.hosts)


def own_words(text: str) -> str:
    """Return a text without quotations and signature, or all of it if nothing else is left."""
    kept = text[:MAX_TEXT_READ]
    for cut in (HEADING, SIGNATURE):
        found = cut.search(kept)
        if found is not None and kept[: found.start()].strip():
            kept = kept[: found.start()]
    return SIGNATURE_LINE.sub("", QUOTED.sub("", kept)).strip() or text[:MAX_TEXT_READ]


def read_features(said: ReportText, topology: Topology) -> ReportFeatures:
    """Return the features of a text and its fields; results are cached in the topology."""
    return topology.once(said, lambda: _read(said, topology))


def _read(said: ReportText, topology: Topology) -> ReportFeatures:
    own = REMARK.sub("", own_words(said.text)).strip()
    title = "" if CALL_TITLE.fullmatch(said.title.strip()[:MAX_TEXT_READ]) else said.title
    written = f"{title[:MAX_TEXT_READ]}\n{'' if title and own.startswith(title) else own}"
    text = " ".join(written.casefold().split("\n")).strip()
    found = topology.named(text)
    well = frozenset(
        one.which for one in found if one.of is NameKind.SERVICE and _is_well(one, text)
    )
    named = frozenset(one.which for one in found if one.of is NameKind.SERVICE) - well
    cis = frozenset(one.which for one in found if one.of is NameKind.CI) | ({said.ci} - {""})
    chosen = (
        {said.service} if said.service and (said.deliberate or said.service in named) else set()
    )
    chosen_field = {said.service} if said.deliberate else set()
    told_apart = {*_by_own_name(text, found), *_services(cis, topology), *chosen_field}
    unnamed = _without(text, found)
    symptoms = symptoms_in(unnamed)
    return ReportFeatures(
        services=frozenset({*(named or chosen), *_services(cis, topology)}) - well,
        named=named,
        common=named - told_apart,
        well=well,
        cis=cis,
        hosts=machines_in(text),
        numbers=numbers_in(text),
        terms=terms_in(written),
        sites=frozenset(_sites(said, found, cis, topology)),
        symptoms=symptoms,
        intent=intent_of(text, symptoms),
        alone=ONLY_WRITER_AFFECTED.search(text) is not None,
        earlier=EARLIER.search(text) is not None,
        words=words(unnamed),
    )


def _is_well(one: NameMention, text: str) -> bool:
    after, before = text[one.end : one.end + NEAR], text[max(0, one.start - NEAR) : one.start]
    return (
        WORKING_AFTER_NAME.match(after) is not None
        or NOT_AFFECTED_BEFORE_NAME.search(before) is not None
    )


def _by_own_name(text: str, found: Iterable[NameMention]) -> frozenset[str]:
    """Return the services that are named by a word which not everybody uses."""
    services = (one for one in found if one.of is NameKind.SERVICE)
    return frozenset(one.which for one in services if not is_common(text[one.start : one.end]))


def _services(cis: Iterable[str], topology: Topology) -> Iterator[str]:
    yield from (topology.service_of[ci] for ci in cis if ci in topology.service_of)


def _sites(
    said: ReportText, found: Iterable[NameMention], cis: Iterable[str], topology: Topology
) -> Iterator[str]:
    named = [one.which for one in found if one.of is NameKind.SITE]
    if said.site:
        named += [one.which for one in topology.named(said.site) if one.of is NameKind.SITE]
    yield from named or (topology.site_of[ci] for ci in cis if ci in topology.site_of)


def _without(text: str, found: Iterable[NameMention]) -> str:
    """Return the text without the names found in it, which are scored separately."""
    for one in sorted(found, key=lambda named: -named.start):
        text = f"{text[: one.start]} {text[one.end :]}"
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateMaster:
    """An open master that a report may belong to."""

    id: int
    number: str
    opened_at: datetime
    reading: ReportFeatures
