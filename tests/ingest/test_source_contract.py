"""The requirements that every source fulfils.

Each captured request is read as expected, three laws hold for it, and each source has fixtures,
pages and examples.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.errors import Forbidden, Malformed
from gateway.ingest import sources
from gateway.ingest.reading.source import WebhookDelivery
from gateway.ingest.sources import SOURCES
from gateway.quarantine import pointers
from gateway.quarantine.examples import load_examples
from gateway.settings import SourceSettings
from tests.ingest.requests import BY_SLUG, CASES, FIXTURES, NOW, replayed
from tests.ingest.signing import SIGNERS, Signer

SLUGS = [source.slug for source in SOURCES]
DOCS = FIXTURES.parents[1] / "docs" / "sources"
ODD: list[Any] = [None, True, -1, 1e18, "", "\u0000x", "x" * 5_000, [], [[{}]], {"": None}]
"""Odd values that replace each value of a captured body."""


@pytest.mark.parametrize("slug", SLUGS)
def test_source_reads_captured_requests_and_keeps_three_laws(slug: str) -> None:
    cases = [case for case in CASES if case.startswith(f"{slug}/")]
    for case in cases:
        expected = msgspec.json.decode((FIXTURES / case / "expected.json").read_bytes())
        assert replayed(case) == replayed(case) == expected, "the same input, the same keys"
    ((_, fire),) = replayed(f"{slug}/firing")["alerts"]
    if BY_SLUG[slug].sends_resolution:
        ((_, clear),) = replayed(f"{slug}/resolved")["alerts"]
        keys = [(one["namespace"], one["dedup_key"], one["status"]) for one in (fire, clear)]
        assert keys == [(*keys[0][:2], "firing"), (*keys[0][:2], "resolved")], (
            "fires and clears under one key"
        )
    refused = sum(not understood(slug, body) for body in spoiled(load_examples()[slug][0].body))
    assert refused, "garbage is Malformed, and nothing else is ever raised"


def understood(slug: str, body: Any) -> bool:
    """Return whether a body is read without a flaw.

    Any exception but Malformed fails the test.
    """
    try:
        parsed = BY_SLUG[slug].parse(
            WebhookDelivery({}, msgspec.json.encode(body), NOW), SourceSettings()
        )
    except Malformed as refusal:
        assert refusal.flaws  # noqa: PT017
        return False
    msgspec.json.encode(parsed.alerts)
    return not parsed.refused


def spoiled(body: Any) -> Iterator[Any]:
    """Yield the body with one value replaced by an odd one, each in turn, and other bodies."""
    written = msgspec.json.encode(body)
    for index, place in enumerate([*places(body)][:60]):
        for odd in (ODD[index % len(ODD)], ODD[(index * 3 + 1) % len(ODD)]):
            changed = msgspec.json.decode(written)
            set_at(changed, place, odd)
            yield changed
    yield from ([], {}, None, 5, "x", [None])


def places(value: Any, at: pointers.Steps = ()) -> Iterator[pointers.Steps]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, one in inner:
        yield (*at, str(name))
        yield from places(one, (*at, str(name)))


def set_at(value: Any, place: pointers.Steps, new: Any) -> None:
    parent = pointers.value_at(value, place[:-1])
    parent[int(place[-1]) if isinstance(parent, list) else place[-1]] = new


def missing_parts(slugs: list[str], fixtures: Path, docs: Path) -> dict[str, set[str]]:
    """Return the required parts that are missing, with the sources that lack them."""
    captured = {path.parts[-3] for path in fixtures.glob("*/firing/request.http")}
    read = {path.parts[-3] for path in fixtures.glob("*/firing/expected.json")}
    indexes = [(docs / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")]
    linked = [set(re.findall(r"\]\(([a-z0-9_]+)\.md\)", text)) for text in indexes]
    signed = {source.slug for source in SOURCES if source.verify is not None}
    owed = {
        "a captured request": captured & read,
        "a page": {path.stem for path in docs.glob("*.md")},
        "a line in English": linked[0],
        "a line in Chinese": linked[1],
        "what it expects": {source.slug for source in SOURCES if source.expects},
        "an example": set(load_examples()),
    }
    missing = {what: set(slugs) - having for what, having in owed.items()}
    missing["a signer that lies"] = signed - {signer.slug for signer in SIGNERS}
    missing["a source of these requests"] = {
        path.parts[-3] for path in fixtures.glob("*/*/request.http")
    } - set(slugs)
    return {what: found for what, found in missing.items() if found}


def test_every_source_has_fixtures_docs_examples_and_signer() -> None:
    assert missing_parts(SLUGS, FIXTURES, DOCS) == {}


def test_source_modules_match_registry_in_order() -> None:
    assert sorted(SLUGS) == SLUGS
    assert {path.stem for path in Path(sources.__path__[0]).glob("[a-z]*.py")} == set(SLUGS)


UNTIMED = {"github"}
"""Sources whose signatures have no time.

Their captured requests stay valid; a repeat is recognised by its delivery id.
"""

ACCOUNTLESS = {"standard_webhooks"}
"""Sources whose requests name no account."""


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.slug)
def test_every_signer_supports_all_five_attacks(signer: Signer) -> None:
    """A signer can make every request that the tests of signatures need.

    These have a bad or an old signature, are replayed, are of a wrong account, or name another
    address for the keys. reading/test_signatures.py sends them.
    """
    headers, body = signer.signed()
    source, delivery = BY_SLUG[signer.slug], WebhookDelivery(headers, body, NOW)
    assert signer.by_a_stranger() != (headers, body)
    assert (signer.longest is None) == (signer.slug in UNTIMED)
    assert source.parse(delivery, signer.intake()).delivery_id
    assert (signer.account == "") == (signer.slug in ACCOUNTLESS)
    with pytest.raises(Forbidden):
        source.read(delivery, signer.intake("another"))
    where = (
        {source.certificate_at(delivery, signer.intake())}
        if source.certificate_at is not None
        else set()
    )
    assert set(signer.certificates) == where
