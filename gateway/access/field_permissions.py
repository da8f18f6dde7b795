"""The permission table of fields: (principal, field, record) to a decision. Pure."""

from gateway.access.permissions import (
    OPEN,
    OVER,
    Allowed,
    FieldRule,
    PermissionDenied,
    judged,
    visibility_of,
)
from gateway.access.principal import MachineRole, Principal
from gateway.access.record_locations import RecordLocation
from gateway.directory.roles import Role
from gateway.incidents.field_traits import Trait, fields_with
from gateway.incidents.record import Incident
from gateway.vocabulary import LIVE

_DESCRIBING = frozenset(fields_with(Incident, Trait.DESCRIBING))
_CLASSIFYING = frozenset(fields_with(Incident, Trait.CLASSIFYING))
_OWNERSHIP = frozenset(fields_with(Incident, Trait.OWNERSHIP))
_SOLVING = frozenset(fields_with(Incident, Trait.SOLVING))
FIELDS = (
    _DESCRIBING
    | _CLASSIFYING
    | _OWNERSHIP
    | _SOLVING
    | frozenset(fields_with(Incident, Trait.EDITED))
)
"""All fields that can be edited."""

FIELD_TABLE: tuple[FieldRule, ...] = (
    FieldRule(Role.SERVICE_DESK, FIELDS - _SOLVING - {"priority"}, RecordLocation.ANY, OPEN),
    FieldRule(Role.SERVICE_DESK, _SOLVING | {"source", "third_party"}, RecordLocation.ANY, OVER),
    FieldRule(
        Role.TIER2,
        _CLASSIFYING | {"labels", "location", "description", "third_party"},
        RecordLocation.BEYOND_DESK,
        LIVE,
    ),
    FieldRule(Role.TIER2, _SOLVING | {"third_party"}, RecordLocation.BEYOND_DESK, OVER),
    FieldRule(
        Role.TIER3,
        _CLASSIFYING - {"service"} | {"labels", "location", "third_party"},
        RecordLocation.THIRD,
        LIVE,
    ),
    FieldRule(Role.TIER3, _SOLVING | {"third_party"}, RecordLocation.THIRD, OVER),
    FieldRule(Role.INCIDENT_MANAGER, FIELDS),
    FieldRule(Role.SECURITY, frozenset({"security"}), RecordLocation.FLAGGED),
    FieldRule(MachineRole.WRITER, FIELDS),
)


def may_edit(who: Principal, field: str, incident: Incident) -> Allowed | PermissionDenied:
    """Return whether the principal may change this field of the record."""
    if not visibility_of(who).sees(incident):
        return PermissionDenied("there is no such record")
    rules = [rule for rule in FIELD_TABLE if rule.part in who.parts and field in rule.fields]
    return judged(rules, who, incident, f"change {field}")
