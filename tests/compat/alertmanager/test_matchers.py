import pytest

from gateway.compat.alertmanager.matchers import LONGEST, MOST, Matcher, matcher, matchers
from gateway.errors import Malformed


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('service="crm"', Matcher("service", "=", "crm")),
        ("service=crm", Matcher("service", "=", "crm")),
        (' service != "c r" ', Matcher("service", "!=", "c r")),
        ('service=~"c.*"', Matcher("service", "=~", "^(?:c.*)$")),
        ('service!~"a|b"', Matcher("service", "!~", "^(?:a|b)$")),
        ('path="C:\\\\new\\"s\\n"', Matcher("path", "=", 'C:\\new"s\n')),
        ('path=~"\\\\d+"', Matcher("path", "=~", r"^(?:\d+)$")),
        ('service=~"(?i)crm"', Matcher("service", "=~", "(?i)^(?:crm)$")),
        ('service=""', Matcher("service", "=", "")),
        ('"service name"="crm"', Matcher("service name", "=", "crm")),
        ('a="b=~c"', Matcher("a", "=", "b=~c")),
    ],
)
def test_matcher_is_parsed_like_alertmanager(text: str, meant: Matcher) -> None:
    assert matcher(text) == meant


@pytest.mark.parametrize("text", ["", "service", "=crm", '"="a"', 'a="b', 'a="b"c"', "a\0=b", f"a={'x' * (LONGEST + 1)}", "1a=b"])
def test_invalid_matcher_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="bad matcher format"):
        matcher(text)


@pytest.mark.parametrize("pattern", ["(a{1,9}){1,9}", "(a) {2}", "(a*)\\\\1", "(?=a)b", "(?<!a)b"])
def test_expensive_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(Malformed, match="bad matcher format"):
        matcher(f'a=~"{pattern}"')


@pytest.mark.parametrize("pattern", ["(a|b)*c{1,3}", "(?:a+)+", "[0-9]{1,3}", "\\\\d{2}"])
def test_ordinary_pattern_is_accepted(pattern: str) -> None:
    assert matcher(f'a=~"{pattern}"').value.startswith("^(?:")


def test_too_many_matchers_are_refused() -> None:
    assert len(matchers(["a=b"] * MOST)) == MOST
    with pytest.raises(Malformed):
        matchers(["a=b"] * (MOST + 1))
