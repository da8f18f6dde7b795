"""The tests that docs/security.md names as evidence exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))

LEVEL_1 = {
    "V1.2": (1, 2, 3, 4, 5), "V1.3": (1, 2), "V1.5": (1,), "V2.1": (1,), "V2.2": (1, 2),
    "V2.3": (1,), "V3.2": (1, 2), "V3.3": (1,), "V3.4": (1, 2), "V3.5": (1, 2, 3), "V4.1": (1,),
    "V4.4": (1,), "V5.2": (1, 2), "V5.3": (1, 2), "V6.1": (1,), "V6.2": (1, 2, 3, 4, 5, 6, 7, 8),
    "V6.3": (1, 2), "V6.4": (1, 2), "V7.2": (1, 2, 3, 4), "V7.4": (1, 2), "V8.1": (1,),
    "V8.2": (1, 2), "V8.3": (1,), "V9.1": (1, 2, 3), "V9.2": (1,), "V10.4": (1, 2, 3, 4, 5),
    "V11.3": (1, 2), "V11.4": (1,), "V12.1": (1,), "V12.2": (1, 2), "V13.4": (1,), "V14.2": (1,),
    "V14.3": (1,), "V15.1": (1,), "V15.2": (1,), "V15.3": (1,),
}  # fmt: skip
"""The requirements of level 1 by section, from the CSV that OWASP publishes with ASVS 5.0.0."""


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_tests_named_on_security_page_exist(file: str, test: str) -> None:
    assert f"def {test or 'test_'}" in (ROOT / file).read_text("utf-8")


def test_every_level_1_requirement_is_listed_once() -> None:
    wanted = [f"{section}.{number}" for section, numbers in LEVEL_1.items() for number in numbers]
    assert len(wanted) == 70
    assert re.findall(r"^\| (V[\d.]+) \|", PAGE, re.MULTILINE) == wanted


def test_every_requirement_has_evidence_or_reason() -> None:
    rows = re.findall(r"^\| V[\d.]+ \| [^|]+ \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 70
    assert [how for how in rows if len(how) < 20 and not how.startswith("as V")] == []
