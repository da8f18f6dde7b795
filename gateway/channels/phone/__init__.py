"""Phone: calls received, voice menus, text messages and calls made."""
