"""Channels between people and the gateway, in both directions: e-mail, chat, phone, web form, app, webhook."""
