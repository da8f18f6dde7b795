"""Truncation of an alert to the bounds of `limits`. Pure.

It is for sources that set each field themselves.
"""

from collections.abc import Mapping
from dataclasses import replace

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits


def truncate_alert(alert: Alert, pointer: str) -> Alert:
    """Return the alert with every text truncated to its limit; `pointer` is that of its key.

    Raises Malformed when the key is empty or too long.
    """
    if not alert.dedup_key:
        raise limits.build_malformed(pointer, "this names the alert and is empty")
    return replace(
        alert,
        dedup_key=limits.key(alert.dedup_key, pointer),
        title=limits.cut(alert.title.strip() or alert.dedup_key, limits.TITLE),
        description=limits.cut(alert.description, limits.DESCRIPTION),
        severity=limits.cut(alert.severity, limits.KEY),
        service=limits.cut(alert.service, limits.KEY),
        ci=limits.cut(alert.ci, limits.KEY),
        labels=limits.labels(dict(alert.labels)),
        annotations=limits.labels(dict(alert.annotations)),
        occurrence=limits.cut(alert.occurrence, limits.KEY),
        author=limits.cut(alert.author.strip(), limits.KEY),
        note=limits.cut(alert.note.strip(), limits.DESCRIPTION),
    )


def keep_texts(values: Mapping[str, object]) -> dict[str, str]:
    """Return the values that are text or a whole number, as texts, without empty ones."""
    texts = {
        name: str(value)
        for name, value in values.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }
    return {name: text for name, text in texts.items() if text}


def parse_tags(texts: list[str]) -> dict[str, str]:
    """Return words of the form `name:value` as labels; a missing value becomes "true"."""
    pairs = (text.strip().partition(":") for text in texts)
    return {name.strip(): value.strip() or "true" for name, _, value in pairs if name.strip()}
