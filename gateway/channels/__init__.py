"""Channels between people and the gateway, inbound and outbound.

E-mail, chat, phone, web form, app and webhook.
"""
