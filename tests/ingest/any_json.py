"""Hypothesis strategies of arbitrary JSON, with the field names and words that senders use."""

from hypothesis import strategies as st

NAMES = ["title", "alerts", "labels", "status", "links", "startsAt", "endsAt", "data", "payload",
         "event_action", "dedup_key", "specversion", "id", "source", "type", "time", "occurred_at",
         "custom_details", "timestamp", "x"]  # fmt: skip

WORDS = st.sampled_from(
    ["1.0", "trigger", "resolve", "firing", "ok", "2026-11-21T04:00:00Z", "\0", "9" * 400]
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner)
    ),
)
