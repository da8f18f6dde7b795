"""Alertmanager's label matchers, as amtool and dashboards send them: `name="value"` with = != =~ or !~. Pure.

The regular expressions of filters are run by PostgreSQL, in an automaton without backtracking and under a time limit; those
of silences by RE2 besides. What RE2 does not know or what would make the automaton huge is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import Malformed

MOST, LONGEST = 32, 256
"""Matchers of one request, and characters of one value."""

SHAPE = re.compile(
    r'\s*(?:"(?P<quoted>[^"\\]+)"|(?P<name>[A-Za-z_:][\w:.-]*))\s*(?P<sign>=~|!~|!=|=)\s*(?P<value>.*?)\s*', re.DOTALL
)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
REFUSED = re.compile(r"\)\s*\{|\\[1-9]|\(\?<?[=!]")
"""A counted group, a reference back, a look ahead or behind."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a label has to be like; an alert without the label has it empty."""

    name: str
    sign: str
    value: str


def matchers(texts: Sequence[str]) -> tuple[Matcher, ...]:
    """Every one of them has to hold; raises Malformed."""
    if len(texts) > MOST:
        raise Malformed(f"at most {MOST} matchers in one request")
    return tuple(matcher(text) for text in texts)


def matcher(text: str) -> Matcher:
    """One matcher; raises Malformed saying what is wrong with it."""
    found = SHAPE.fullmatch(text)
    if found is None:
        raise Malformed(f'bad matcher format: {text[:80]}: write it like name="value", with =, !=, =~ or !~')
    value = _unquoted(found["value"])
    if len(value) > LONGEST or "\0" in text:
        raise Malformed(f"bad matcher format: the value of {found['name']} has NUL or more than {LONGEST} characters")
    sign = found["sign"]
    return Matcher(found["quoted"] or found["name"], sign, anchored(value) if "~" in sign else value)


def anchored(pattern: str) -> str:
    """The pattern as Prometheus means it, of the whole value; raises Malformed for one that is not run here."""
    if REFUSED.search(pattern):
        raise Malformed(f"bad matcher format: {pattern[:80]} counts a group, looks around or refers back, which is not taken")
    case = "(?i)" if pattern.startswith("(?i)") else ""  # PostgreSQL takes it in the first place only
    return f"{case}^(?:{pattern.removeprefix(case)})$"


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    if QUOTED.fullmatch(value) is None:
        raise Malformed(f"bad matcher format: the quotes of {value[:80]} do not match")
    return ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1] if found[1] in '"\\' else found[0], value[1:-1])
