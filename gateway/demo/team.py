"""The services, configuration items, people and groups of the demo."""

from typing import Any

from gateway.demo.stage import DemoClient

SERVICES: tuple[dict[str, Any], ...] = (
    {
        "slug": "checkout",
        "name": "Shop",
        "aliases": ["网上商城", "checkout"],
        "criticality": "critical",
        "desk_group": "desk",
        "tier2_group": "platform",
    },
    {
        "slug": "payments",
        "name": "Payments",
        "aliases": ["支付"],
        "criticality": "critical",
        "desk_group": "desk",
        "tier2_group": "platform",
    },
    {
        "slug": "mail",
        "name": "Mail",
        "aliases": ["邮件", "邮箱", "outlook"],
        "criticality": "high",
        "desk_group": "desk",
        "tier2_group": "platform",
    },
    {
        "slug": "search",
        "name": "Search",
        "aliases": ["搜索"],
        "desk_group": "desk",
        "tier2_group": "platform",
    },
    {
        "slug": "identity",
        "name": "Sign-on",
        "aliases": ["统一认证", "VPN"],
        "criticality": "high",
        "desk_group": "desk",
        "tier2_group": "platform",
    },
)

ITEMS: tuple[dict[str, Any], ...] = (
    {"name": "orders-db", "kind": "database", "service": "payments"},
    {"name": "pay-api", "kind": "application", "service": "payments", "depends_on": ["orders-db"]},
    {"name": "shop-web", "kind": "application", "service": "checkout", "depends_on": ["pay-api"]},
    {"name": "mx-1", "kind": "server", "service": "mail"},
    {"name": "imap-1", "kind": "application", "service": "mail", "depends_on": ["mx-1"]},
)

PEOPLE: tuple[dict[str, Any], ...] = (
    {
        "login": "zhao.min",
        "name": "赵敏",
        "roles": ["service_desk"],
        "locale": "zh-CN",
        "email": "zhao.min@demo.example",
    },
    {
        "login": "li.wei",
        "name": "李伟",
        "roles": ["tier2"],
        "locale": "zh-CN",
        "email": "li.wei@demo.example",
    },
    {"login": "ann", "name": "Ann Carter", "roles": ["tier2"], "email": "ann@demo.example"},
    {
        "login": "olga",
        "name": "Olga Brandt",
        "roles": ["incident_manager"],
        "email": "olga@demo.example",
    },
)

GROUPS: tuple[dict[str, Any], ...] = (
    {"slug": "desk", "name": "Service desk 服务台", "tier": "desk", "members": ["zhao.min"]},
    {"slug": "platform", "name": "Platform 平台组", "tier": "tier2", "members": ["li.wei", "ann"]},
)


async def create_demo_catalogue(stage: DemoClient) -> None:
    """Create them all; those of an earlier run stay as they are."""
    for kind, each in (
        ("people", PEOPLE),
        ("groups", GROUPS),
        ("services", SERVICES),
        ("cis", ITEMS),
    ):
        for one in each:
            await stage.api("POST", kind, **one)
