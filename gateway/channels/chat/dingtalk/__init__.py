"""DingTalk: events received, messages and cards sent."""
