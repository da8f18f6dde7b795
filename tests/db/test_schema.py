"""The schema for readers is the schema."""

from gateway.db.schema import SCHEMA, current_schema


async def test_the_schema_for_readers_is_current() -> None:
    assert SCHEMA.read_text("utf-8") == await current_schema(), "run `python3 gw schema`"
