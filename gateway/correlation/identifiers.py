"""Identifiers in a text: machines, codes, numbers and names, found by their shape. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping

from gateway.correlation.common_words import (
    ADDRESSES,
    CHINESE,
    ENDINGS,
    EVERYBODYS,
    LINKING,
    NUMBERS,
    STANDARDS,
    WORDS,
)

HOST = re.compile(
    r"(?<![a-z0-9._@-])(?=[a-z0-9.-]*[0-9])(?=[a-z0-9.-]*[a-z])"
    r"[a-z0-9]+(?:[.-][a-z0-9]+)+(?![a-z0-9@-])"
)
ADDRESS = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]|\.[0-9])")

PRODUCT_MODEL_PREFIX = re.compile(
    r"(?:brother|epson|canon|hp|samsung|sony|dell|lenovo|ricoh|xerox|kyocera|cisco|huawei|xiaomi"
    r"|兄弟|爱普生|佳能|惠普|联想|戴尔|华为|小米|三星|理光|model|型号)"
    r"[ :：的]{0,3}(?:[a-z]{3,12} )?$"
)
"""A maker's name, or "model": the name with a number behind it is a product's model."""

LABELLED = re.compile(
    r"(?:error|err|code|errno|order|invoice|ticket|错误|故障|代码|订单|发票|工单|单号|编号)"
    r"(?: ?(?:code|number|no\.?|id|代码|编号|码|号))?[ :：#.(（]{0,4}"
    r"(?P<number>0x[0-9a-f]{4,16}|[a-z]{0,3}[0-9]{3,14})(?![0-9a-z])"
)
"""A number after a word such as "error", "order" or "invoice"."""

ERROR = re.compile(
    r"(?<![0-9a-z])(?:0x[0-9a-f]{6,16}|(?:ora|sqlstate|tns|sp2|msg)-[0-9]{4,6})(?![0-9a-z])"
)
"""A number in the form of an error code."""

VENDOR_ERROR_NUMBER = re.compile(r"0x(?:[8c][0-9a-f]{7}|000[0-9a-f]{5})")
"""An error number of Windows or Office, which is the same on every installation."""

YEAR = re.compile(r"(?:19|20)[0-9]{2}")
NAME = re.compile(
    r"(?:(?<=[\w,;)\"'“(][ ])|(?<=[\u3400-\u9fff，、“《（]))"
    r"(?:[A-Z]{3,20}|[A-Z][A-Za-z]{3,30})(?![A-Za-z0-9@_/-]|['’](?!s))"
)
"""A word within a sentence that is capitalized like a name."""

CAPITAL = re.compile(r"(?<![A-Za-z])[A-Z][A-Za-z]{2,30}")
WORD = re.compile(r"(?<![A-Za-z])[A-Za-z]{3,31}")
CLOSING = re.compile(
    r"(?i:regards|thanks|thank you|cheers|sincerely|yours)\b[ ,!.]{0,3}(?:\n|[A-Z])|此致|祝好|顺颂"
)
"""The closing of a letter, after which names of people follow."""

MAIL_OR_WEB_ADDRESS = re.compile(
    r"[^\s@<>]{1,64}@[^\s@<>]{1,200}|(?:https?://|www\.)[^\s<>]{1,300}"
)
"""E-mail addresses and URLs, which say where a writer is from."""

HAN = re.compile(r"[\u3400-\u9fff]{2,4}$")
CHARACTERS_BEFORE_THING = 10
"""The number of characters searched before a word of THING."""

THING = re.compile(r"系统|平台|终端|软件|项目|车间|仓库|机房|大楼|产线|门店|分公司|专线|生产线")
"""Words that end a Chinese name of a system or place, where no capital letter marks a name."""

COMMON_CHINESE = re.compile("|".join(CHINESE))

MIN_INCIDENTS_FOR_RARITY = 200
"""The number of incidents that must be known before a word is called rare."""

MAX_SHARE_OF_RARE_WORD = 0.005
"""The largest share of all incidents that contain a rare word."""


def machines_in(text: str) -> frozenset[str]:
    """Return the names, codes and addresses in a lower-case text that are unique to a thing."""
    names = {found.group() for found in HOST.finditer(text) if _is_own(found, text)}
    return frozenset((names | set(ADDRESS.findall(text))) - ADDRESSES - NUMBERS - numbers_in(text))


def _is_own(found: re.Match[str], text: str) -> bool:
    name = found.group()
    pieces = re.split(r"[.-]", name)
    if name.endswith(EVERYBODYS) or pieces[-1].rstrip("0123456789") in ENDINGS:
        return False
    if pieces[0].isdecimal():
        return False
    letters = [piece.strip("0123456789") for piece in pieces]
    kinds = all(not word or word in STANDARDS for word in letters)
    return (
        not kinds
        and PRODUCT_MODEL_PREFIX.search(text[max(0, found.start() - 24) : found.start()]) is None
    )


def numbers_in(text: str) -> frozenset[str]:
    """Return the numbers of errors, orders and the like in a lower-case text.

    Numbers that every installation shows are left out.
    """
    labelled = {found["number"] for found in LABELLED.finditer(text)}
    found = (labelled | set(ERROR.findall(text))) - NUMBERS
    shared = (YEAR, VENDOR_ERROR_NUMBER)
    return frozenset(number for number in found if not any(one.fullmatch(number) for one in shared))


def terms_in(text: str) -> frozenset[str]:
    """Return the words of a text, in its original case, that may identify something, in lower case.

    Only names qualify: an English name by its capital letter, a Chinese one by its ending. In a
    text where most words begin with a capital letter, such as a heading, capital letters are
    ignored.
    """
    closing = CLOSING.search(text)
    said = MAIL_OR_WEB_ADDRESS.sub(" ", text[: closing.start()] if closing else text)
    heading = 2 * len(CAPITAL.findall(said)) > len(WORD.findall(said)) + 1
    names = () if heading else (found.casefold() for found in NAME.findall(said))
    return frozenset({*(name for name in names if not is_common(name)), *_chinese(said)})


def is_common(word: str) -> bool:
    """Return whether a word, in lower case, is one that everybody uses."""
    return word in WORDS or word.removesuffix("s") in WORDS or word in CHINESE


def _chinese(text: str) -> Iterator[str]:
    for thing in THING.finditer(text):
        before = COMMON_CHINESE.sub(
            " ", text[max(0, thing.start() - CHARACTERS_BEFORE_THING) : thing.start()]
        )
        before = "".join(" " if sign in LINKING else sign for sign in before)
        if (name := HAN.search(before)) is not None:
            yield name.group() + thing.group()


def select_rare_words(
    seen: Mapping[str, int], troubles: int, among: Iterable[str]
) -> frozenset[str]:
    """Return the words that few of the known incidents contain.

    The result is empty if fewer than ENOUGH incidents are known. `seen` is the number of other
    incidents by word.
    """
    if troubles < MIN_INCIDENTS_FOR_RARITY:
        return frozenset()
    return frozenset(
        word for word in among if seen.get(word, 0) <= troubles * MAX_SHARE_OF_RARE_WORD
    )
