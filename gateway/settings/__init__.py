"""The settings: what there is to set (`sections`), and how it is read (`loading`)."""

from gateway.durations import Duration
from gateway.settings.arrival import (
    Bounds,
    Dedup,
    Grade,
    Intake,
    Kinship,
    Mail,
    MailListener,
    MailRule,
    Maintenance,
    Relate,
    Routing,
    ServiceIntake,
    Storm,
)
from gateway.settings.chat import Chat
from gateway.settings.forms import Form
from gateway.settings.loading import contradictions, load, overlay
from gateway.settings.mailboxes import Imap, Ses
from gateway.settings.messengers import DingTalk, DingTalkRobot, Feishu, Slack, WeCom
from gateway.settings.phone import Hotline, Phone, PhoneProvider
from gateway.settings.process import Calendar, CustomField, Escalation, Management, Policy, Problems, Promises, Sla, Use
from gateway.settings.section import Section
from gateway.settings.sections import (
    Attachments,
    Audit,
    Database,
    Links,
    Login,
    Notify,
    Oidc,
    Redis,
    Retention,
    Server,
    Settings,
    Smtp,
    Webhook,
)
from gateway.settings.stores import S3

__all__ = [
    "S3",
    "Attachments",
    "Audit",
    "Bounds",
    "Calendar",
    "Chat",
    "CustomField",
    "Database",
    "Dedup",
    "DingTalk",
    "DingTalkRobot",
    "Duration",
    "Escalation",
    "Feishu",
    "Form",
    "Grade",
    "Hotline",
    "Imap",
    "Intake",
    "Kinship",
    "Links",
    "Login",
    "Mail",
    "MailListener",
    "MailRule",
    "Maintenance",
    "Management",
    "Notify",
    "Oidc",
    "Phone",
    "PhoneProvider",
    "Policy",
    "Problems",
    "Promises",
    "Redis",
    "Relate",
    "Retention",
    "Routing",
    "Section",
    "Server",
    "ServiceIntake",
    "Ses",
    "Settings",
    "Sla",
    "Slack",
    "Smtp",
    "Storm",
    "Use",
    "WeCom",
    "Webhook",
    "contradictions",
    "load",
    "overlay",
]
