"""The settings: their definition (`sections`) and how they are read (`loading`)."""

from gateway.settings.chat import ChatSettings
from gateway.settings.contradictions import find_contradictions
from gateway.settings.forms import Form
from gateway.settings.intake import (
    Bounds,
    CorrelationSettings,
    Dedup,
    Mail,
    MailListener,
    MailRule,
    MaintenanceSettings,
    RelateRule,
    Routing,
    ServiceSeverities,
    SeverityGrade,
    SourceSettings,
    StormSettings,
)
from gateway.settings.loading import load, overlay
from gateway.settings.mailboxes import Imap, Ses
from gateway.settings.notify import Notify, Smtp, Webhook
from gateway.settings.phone import Hotline, Phone, PhoneProvider
from gateway.settings.process import (
    CalendarSettings,
    CustomField,
    EscalationSettings,
    ManagementRule,
    PolicyRule,
    PolicySettings,
    Problems,
    ServicePromiseSettings,
    ShelvingSettings,
    SlaSettings,
)
from gateway.settings.section import Section
from gateway.settings.sections import (
    MOST_ITEMS,
    AbsenceSettings,
    AttachmentSettings,
    Audit,
    Database,
    Links,
    LoginSettings,
    Oidc,
    Redis,
    Retention,
    ServerSettings,
    Settings,
    UseLimits,
)
from gateway.settings.stores import S3
from gateway.timing.durations import Duration

__all__ = [
    "MOST_ITEMS",
    "S3",
    "AbsenceSettings",
    "AttachmentSettings",
    "Audit",
    "Bounds",
    "CalendarSettings",
    "ChatSettings",
    "CorrelationSettings",
    "CustomField",
    "Database",
    "Dedup",
    "Duration",
    "EscalationSettings",
    "Form",
    "Hotline",
    "Imap",
    "Links",
    "LoginSettings",
    "Mail",
    "MailListener",
    "MailRule",
    "MaintenanceSettings",
    "ManagementRule",
    "Notify",
    "Oidc",
    "Phone",
    "PhoneProvider",
    "PolicyRule",
    "PolicySettings",
    "Problems",
    "Redis",
    "RelateRule",
    "Retention",
    "Routing",
    "Section",
    "ServerSettings",
    "ServicePromiseSettings",
    "ServiceSeverities",
    "Ses",
    "Settings",
    "SeverityGrade",
    "ShelvingSettings",
    "SlaSettings",
    "Smtp",
    "SourceSettings",
    "StormSettings",
    "UseLimits",
    "Webhook",
    "find_contradictions",
    "load",
    "overlay",
]
