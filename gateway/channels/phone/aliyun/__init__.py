"""Aliyun: text messages and calls by approved templates."""
