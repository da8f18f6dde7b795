import pytest

from gateway.compat.alertmanager.matchers import (
    LONGEST,
    MOST,
    parse_matcher,
    parse_matchers,
)
from gateway.errors import Malformed


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('service="crm"', ("service", "=", "crm")),
        ("service=crm", ("service", "=", "crm")),
        (' service != "c r" ', ("service", "!=", "c r")),
        ('service=~"c.*"', ("service", "=~", "^(?:c.*)$")),
        ('service!~"a|b"', ("service", "!~", "^(?:a|b)$")),
        ('path="C:\\\\new\\"s\\n"', ("path", "=", 'C:\\new"s\n')),
        ('path=~"\\\\d+"', ("path", "=~", r"^(?:\d+)$")),
        ('service=~"(?i)crm"', ("service", "=~", "(?i)^(?:crm)$")),
        ('service=""', ("service", "=", "")),
        ('"service name"="crm"', ("service name", "=", "crm")),
        ('a="b=~c"', ("a", "=", "b=~c")),
    ],
)
def test_matcher_is_parsed_like_alertmanager(text: str, meant: tuple[str, str, str]) -> None:
    matcher = parse_matcher(text)
    assert (matcher.name, matcher.sign, matcher.pattern) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "service",
        "=crm",
        '"="a"',
        'a="b',
        'a="b"c"',
        "a\0=b",
        f"a={'x' * (LONGEST + 1)}",
        "1a=b",
    ],
)
def test_invalid_matcher_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="bad matcher format"):
        parse_matcher(text)


@pytest.mark.parametrize("pattern", ["(a{1,9}){1,9}", "(a) {2}", "(a*)\\\\1", "(?=a)b", "(?<!a)b"])
def test_expensive_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(Malformed, match="bad matcher format"):
        parse_matcher(f'a=~"{pattern}"')


@pytest.mark.parametrize("pattern", ["(a|b)*c{1,3}", "(?:a+)+", "[0-9]{1,3}", "\\\\d{2}"])
def test_ordinary_pattern_is_accepted(pattern: str) -> None:
    assert parse_matcher(f'a=~"{pattern}"').pattern.startswith("^(?:")


def test_too_many_matchers_are_refused() -> None:
    assert len(parse_matchers(["a=b"] * MOST)) == MOST
    with pytest.raises(Malformed):
        parse_matchers(["a=b"] * (MOST + 1))
