"""The request bodies of records have the fields that the API description names."""

import msgspec

from gateway.access.field_permissions import FIELDS
from gateway.incidents.record import Incident
from gateway.operations.create import NewReport
from gateway.views.record_fields import IncidentView, NewIncident, Patch


def test_new_incident_has_every_field_and_default_of_a_report() -> None:
    fresh = NewIncident(title="t")
    assert NewReport(**msgspec.structs.asdict(fresh)) == NewReport(title="t")
    assert set(NewIncident.__struct_fields__) == set(NewReport.__dataclass_fields__)


def test_patch_has_every_field_that_people_may_edit() -> None:
    assert set(Patch.__struct_fields__) == FIELDS | {"note"}


def test_incident_view_shows_every_field_that_people_may_set() -> None:
    asked = {*NewIncident.__struct_fields__, *Patch.__struct_fields__}
    assert asked & Incident.__dataclass_fields__.keys() <= set(IncidentView.__struct_fields__)
