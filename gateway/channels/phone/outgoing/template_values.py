"""The values of a message for templates that a carrier approved. Pure.

In mainland China carriers send no free text: a message is an approved template whose variables
are filled in. They refuse links and unusual symbols in variables, and long values.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from gateway.channels.phone.outgoing.orders import TemplateValues
from gateway.incidents.facts import WITHHELD
from gateway.notify.texts.phrases import one_line

NOTHING = "-"
"""The value of a variable that a message has nothing for: none may be empty."""

LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://\S*|www\.\S*", re.ASCII)
BRACKETS = str.maketrans("【】〖〗『』「」", "()()()()")
REFUSED = frozenset({"So", "Sk", "Cn", "Co", "Cs", "Cc", "Cf"})
"""Categories of characters that are left out: pictures, private and invisible ones."""


def template_values(facts: Mapping[str, Any], subject: str) -> TemplateValues:
    """Return the values of a message; one that names no record says its subject as the title."""
    named = "number" in facts and not facts.get(WITHHELD)
    priority = facts.get("priority")
    return TemplateValues(
        plain_value(facts["number"]) if named else NOTHING,
        f"P{priority}" if priority else NOTHING,
        plain_value(facts.get("title") or subject) if named else plain_value(subject),
    )


def plain_value(value: object) -> str:
    """Return a text without what carriers refuse in a variable, never empty."""
    text = LINK.sub(" ", one_line(value)).translate(BRACKETS)
    text = "".join(one for one in text if unicodedata.category(one) not in REFUSED)
    return " ".join(text.split()) or NOTHING


def cut_value(value: str, longest: int) -> str:
    """Return a value of at most so many characters."""
    return value if len(value) <= longest else value[:longest].rstrip()
