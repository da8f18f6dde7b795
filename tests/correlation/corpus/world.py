"""The catalogue of a made-up company, to which the reports of the corpus refer."""

from collections.abc import Mapping

from gateway.catalogue.model import Service
from gateway.catalogue.topology import Topology, TopologyItem, build_topology
from gateway.vocabulary import Criticality
from tests.support.clock import NOON

SERVICES = {
    "crm": ("CRM", "客户关系系统", "客户管理系统"),
    "erp": ("ERP", "财务系统"),
    "mail": ("Outlook", "企业邮箱", "邮件系统"),
    "vpn": ("VPN", "远程接入"),
    "oa": ("OA", "办公系统", "OA系统"),
    "wiki": ("Wiki", "知识库"),
    "shop": ("web shop", "商城", "webshop"),
    "hr": ("HR portal", "人事系统"),
    "wms": ("WMS", "仓储系统"),
    "bi": ("BI dashboard", "报表平台"),
    "printing": ("print server", "三楼打印机"),
    "sso": ("SSO portal", "统一认证平台"),
}
"""The names of each service: the first is its own, the others are synonyms."""

PARTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "crm": {
        "crm-web1": ("crm-app1",),
        "crm-web2": ("crm-app1",),
        "crm-app1": ("crm-db1", "sso-1"),
        "crm-db1": ("san-1",),
    },
    "erp": {"erp-web1": ("erp-db1",), "erp-db1": ("san-1",)},
    "mail": {"mx-1": ()},
    "vpn": {"vpn-gw1": (), "vpn-gw2": ()},
    "oa": {"oa-web1": ("oa-db1", "sso-1"), "oa-db1": ()},
    "wiki": {"wiki-1": ()},
    "shop": {"shop-web1": ("shop-db1",), "shop-db1": ()},
    "hr": {"hr-web1": ("sso-1",)},
    "wms": {"wms-1": ("wms-db1",), "wms-db1": ()},
    "bi": {"bi-1": ("wms-db1",)},
    "printing": {"prn-1": ()},
    "sso": {"sso-1": ()},
    "": {"san-1": ()},
}
"""The items of each service, and the items that each depends on."""

SITES = {"vpn-gw1": "Beijing", "vpn-gw2": "Shanghai"}
ADDRESSES = {"crm-web1": "10.1.0.11", "erp-web1": "10.1.0.21", "wms-1": "10.1.0.31"}


def a_service(slug: str, name: str, aliases: tuple[str, ...]) -> Service:
    fields = dict.fromkeys(
        (
            "description",
            "owner_group",
            "desk_group",
            "tier2_group",
            "tier3_group",
            "support_hours",
            "policy",
        ),
        "",
    )
    return Service(
        slug=slug,
        name=name,
        aliases=aliases,
        criticality=Criticality.NORMAL,
        targets={},
        active=True,
        version=1,
        created_at=NOON,
        updated_at=NOON,
        **fields,
    )


def _attributes(name: str) -> dict[str, str]:
    given = {"site": SITES.get(name, ""), "ip": ADDRESSES.get(name, "")}
    return {attribute: value for attribute, value in given.items() if value}


def topology() -> Topology:
    """Return the catalogue as the gateway reads it."""
    services = [a_service(slug, names[0], names[1:]) for slug, names in SERVICES.items()]
    parts = [
        TopologyItem(name, service, _attributes(name), upstream, ())
        for service, items in PARTS.items()
        for name, upstream in items.items()
    ]
    return build_topology(services, parts)
