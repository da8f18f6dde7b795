"""Chat: what people write and press there becomes records, notes and actions."""
