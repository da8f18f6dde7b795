"""The language that a text is written in. Pure."""

import re

from gateway.incidents.labels import Locale

_HAN, _KANA, _LETTER = (
    re.compile(r"[\u4e00-\u9fff]"),
    re.compile(r"[\u3040-\u30ff]"),
    re.compile(r"[^\W\d_]"),
)


def detect_language(text: str) -> Locale:
    """Return the language of a text: Chinese or English.

    It is Chinese if more than a tenth of the letters are and it is not Japanese.
    """
    han, kana, letters = (len(kind.findall(text)) for kind in (_HAN, _KANA, _LETTER))
    return "zh-CN" if han * 10 > letters and kana * 5 < han else "en"
