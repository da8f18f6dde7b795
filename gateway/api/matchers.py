"""Alertmanager's label matchers, as amtool and dashboards send them: `name="value"` with = != =~ or !~. Pure.

The regular expressions are never run in this process: PostgreSQL runs them, in an automaton without backtracking and
under its statement timeout, so that no pattern can hold up the event loop.
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
    """The pattern as Prometheus means it: of the whole value."""
    return f"^(?:{pattern})$"


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    if QUOTED.fullmatch(value) is None:
        raise Malformed(f"bad matcher format: the quotes of {value[:80]} do not match")
    return ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1] if found[1] in '"\\' else found[0], value[1:-1])
