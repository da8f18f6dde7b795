"""Feishu (Lark): events received, messages and cards sent."""
