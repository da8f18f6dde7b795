"""Alertmanager's label matchers as amtool and dashboards send them. Pure.

A matcher is `name="value"` with one of the operators = != =~ and !~. The regular expressions of
filters are run by PostgreSQL, in an automaton without backtracking and under a time limit; those
of silences are also run by RE2. An expression that RE2 does not support, or that would make the
automaton huge, is refused.
"""

import re
from collections.abc import Sequence

from gateway.errors import Malformed
from gateway.incidents.label_matchers import Matcher

MOST, LONGEST = 32, 256
"""Maximum matchers of one request, and characters of one value."""

SHAPE = re.compile(
    r'\s*(?:"(?P<quoted>[^"\\]+)"|(?P<name>[A-Za-z_:][\w:.-]*))\s*(?P<sign>=~|!~|!=|=)\s*(?P<value>.*?)\s*',
    re.DOTALL,
)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
REFUSED = re.compile(r"\)\s*\{|\\[1-9]|\(\?<?[=!]")
"""Expressions that are refused: a counted group, a back reference, a look-ahead or look-behind."""


def parse_matchers(texts: Sequence[str]) -> tuple[Matcher, ...]:
    """Return the matchers, all of which have to hold; raises Malformed."""
    if len(texts) > MOST:
        raise Malformed(f"at most {MOST} matchers in one request")
    return tuple(parse_matcher(text) for text in texts)


def parse_matcher(text: str) -> Matcher:
    """Return one matcher; raises Malformed with what is wrong with it."""
    found = SHAPE.fullmatch(text)
    if found is None:
        raise Malformed(
            f'bad matcher format: {text[:80]}: write it like name="value", with =, !=, =~ or !~'
        )
    value = _unquoted(found["value"])
    if len(value) > LONGEST or "\0" in text:
        raise Malformed(
            f"bad matcher format: the value of {found['name']} has NUL "
            f"or more than {LONGEST} characters"
        )
    return build_matcher(found["quoted"] or found["name"], found["sign"], value)


def build_matcher(name: str, sign: str, value: str) -> Matcher:
    """Return a matcher with its regular expression, if it has one, anchored; raises Malformed."""
    return Matcher(name, sign, value, anchor_pattern(value) if "~" in sign else value)


def matcher_columns(asked: Sequence[Matcher]) -> tuple[list[str], list[str], list[str]]:
    """Return the names, signs and patterns of matchers, as statements take them."""
    return [one.name for one in asked], [one.sign for one in asked], [one.pattern for one in asked]


def anchor_pattern(pattern: str) -> str:
    """Return a pattern anchored to the whole value, as in Prometheus.

    Raises Malformed for a pattern that is not supported here.
    """
    if REFUSED.search(pattern):
        raise Malformed(
            f"bad matcher format: {pattern[:80]} counts a group, looks around or refers back, "
            "which is not taken"
        )
    case = (
        "(?i)" if pattern.startswith("(?i)") else ""
    )  # PostgreSQL accepts it only at the beginning
    return f"{case}^(?:{pattern.removeprefix(case)})$"


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    if QUOTED.fullmatch(value) is None:
        raise Malformed(f"bad matcher format: the quotes of {value[:80]} do not match")
    return ESCAPE.sub(
        lambda found: "\n" if found[1] == "n" else found[1] if found[1] in '"\\' else found[0],
        value[1:-1],
    )
