"""Identifiers in a text: machines, codes, numbers and names, found by their shape. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping

from gateway.correlation.common_words import ADDRESSES, CHINESE, ENDINGS, EVERYBODYS, LINKING, NUMBERS, STANDARDS, WORDS

HOST = re.compile(
    r"(?<![a-z0-9._@-])(?=[a-z0-9.-]*[0-9])(?=[a-z0-9.-]*[a-z])"
    r"[a-z0-9]+(?:[.-][a-z0-9]+)+(?![a-z0-9@-])"
)
ADDRESS = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]|\.[0-9])")

MAKER = re.compile(
    r"(?:brother|epson|canon|hp|samsung|sony|dell|lenovo|ricoh|xerox|kyocera|cisco|huawei|xiaomi"
    r"|兄弟|爱普生|佳能|惠普|联想|戴尔|华为|小米|三星|理光|model|型号)[ :：的]{0,3}(?:[a-z]{3,12} )?$"
)
"""Before a name with a number: it names a model of a product."""

LABELLED = re.compile(
    r"(?:error|err|code|errno|order|invoice|ticket|错误|故障|代码|订单|发票|工单|单号|编号)"
    r"(?: ?(?:code|number|no\.?|id|代码|编号|码|号))?[ :：#.(（]{0,4}"
    r"(?P<number>0x[0-9a-f]{4,16}|[a-z]{0,3}[0-9]{3,14})(?![0-9a-z])"
)
"""A number that says which error, order or invoice."""

ERROR = re.compile(r"(?<![0-9a-z])(?:0x[0-9a-f]{6,16}|(?:ora|sqlstate|tns|sp2|msg)-[0-9]{4,6})(?![0-9a-z])")
"""A number that has the shape of an error's."""

PRODUCTS = re.compile(r"0x(?:[8c][0-9a-f]{7}|000[0-9a-f]{5})")
"""A number of an error that Windows and Office give, whoever has them."""

YEAR = re.compile(r"(?:19|20)[0-9]{2}")
NAME = re.compile(
    r"(?:(?<=[\w,;)\"'“(][ ])|(?<=[\u3400-\u9fff，、“《（]))"
    r"(?:[A-Z]{3,20}|[A-Z][A-Za-z]{3,30})(?![A-Za-z0-9@_/-]|['’](?!s))"
)
"""A word that is written like a name within a sentence."""

CAPITAL = re.compile(r"(?<![A-Za-z])[A-Z][A-Za-z]{2,30}")
WORD = re.compile(r"(?<![A-Za-z])[A-Za-z]{3,31}")
CLOSING = re.compile(r"(?i:regards|thanks|thank you|cheers|sincerely|yours)\b[ ,!.]{0,3}(?:\n|[A-Z])|此致|祝好|顺颂")
"""What ends a letter: names of people follow."""

ADDRESSED = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,200}|(?:https?://|www\.)[^\s<>]{1,300}")
"""Addresses of mail and pages, which say where somebody is from."""

HAN = re.compile(r"[\u3400-\u9fff]{2,4}$")
BEFORE = 10
"""Characters before a word for things that are looked at."""

THING = re.compile(r"系统|平台|终端|软件|项目|车间|仓库|机房|大楼|产线|门店|分公司|专线|生产线")
"""What a Chinese name of one thing ends in: no capital letter tells a name there."""

COMMON_CHINESE = re.compile("|".join(CHINESE))

ENOUGH = 200
"""Troubles that must be known before a word is called rare because few have it."""

SELDOM = 0.005
"""The part of all troubles that have a rare word, at most."""


def machines(text: str) -> frozenset[str]:
    """Return the names, codes and addresses in a text in lower case that are one thing's own."""
    names = {found.group() for found in HOST.finditer(text) if _is_own(found, text)}
    return frozenset((names | set(ADDRESS.findall(text))) - ADDRESSES - NUMBERS - numbers(text))


def _is_own(found: re.Match[str], text: str) -> bool:
    name = found.group()
    pieces = re.split(r"[.-]", name)
    if name.endswith(EVERYBODYS) or pieces[-1].rstrip("0123456789") in ENDINGS:
        return False
    if pieces[0].isdecimal():
        return False
    letters = [piece.strip("0123456789") for piece in pieces]
    kinds = all(not word or word in STANDARDS for word in letters)
    return not kinds and MAKER.search(text[max(0, found.start() - 24) : found.start()]) is None


def numbers(text: str) -> frozenset[str]:
    """Return the numbers of errors, orders and the like in a text in lower case that not every installation has."""
    labelled = {found["number"] for found in LABELLED.finditer(text)}
    found = (labelled | set(ERROR.findall(text))) - NUMBERS
    shared = (YEAR, PRODUCTS)
    return frozenset(number for number in found if not any(one.fullmatch(number) for one in shared))


def terms(text: str) -> frozenset[str]:
    """Return the words of a text, as it was written, that may identify something, in lower case.

    Only names do: by a capital letter in English, by what they end in in Chinese. Where most words begin
    with a capital letter, as in a heading, that says nothing.
    """
    closing = CLOSING.search(text)
    said = ADDRESSED.sub(" ", text[: closing.start()] if closing else text)
    heading = 2 * len(CAPITAL.findall(said)) > len(WORD.findall(said)) + 1
    names = () if heading else (found.casefold() for found in NAME.findall(said))
    return frozenset({*(name for name in names if not is_common(name)), *_chinese(said)})


def is_common(word: str) -> bool:
    """Return whether everybody uses a word, in lower case."""
    return word in WORDS or word.removesuffix("s") in WORDS or word in CHINESE


def _chinese(text: str) -> Iterator[str]:
    for thing in THING.finditer(text):
        before = COMMON_CHINESE.sub(" ", text[max(0, thing.start() - BEFORE) : thing.start()])
        before = "".join(" " if sign in LINKING else sign for sign in before)
        if (name := HAN.search(before)) is not None:
            yield name.group() + thing.group()


def rare(seen: Mapping[str, int], troubles: int, among: Iterable[str]) -> frozenset[str]:
    """Return the words that few of the known troubles have; none where too few troubles are known to tell.

    `seen` is the number of other troubles by word.
    """
    if troubles < ENOUGH:
        return frozenset()
    return frozenset(word for word in among if seen.get(word, 0) <= troubles * SELDOM)
