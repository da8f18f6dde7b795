"""Text messages and calls that go out, by the carriers that are on."""
