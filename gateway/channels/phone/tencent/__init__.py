"""Tencent Cloud: text messages and calls by approved templates."""
