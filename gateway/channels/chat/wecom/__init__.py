"""WeCom: callbacks received, messages and cards sent."""
