"""The API of the fields that the configuration adds to records."""

import msgspec
from aiohttp import web

from gateway.api.context import ApiCall, respond
from gateway.incidents.custom_fields import CustomFieldDefinition
from gateway.vocabulary import FieldType


class FieldView(msgspec.Struct):
    """One field that the configuration adds to records.

    `labels` are its names by language, `kinds` the kinds of record that have it, `required_on`
    the actions with which it must have a value.
    """

    name: str
    type: FieldType
    labels: dict[str, str]
    kinds: list[str]
    choices: list[str]
    required_on: list[str]


class FieldList(msgspec.Struct):
    """The fields in the order of the configuration."""

    fields: list[FieldView]


async def list_fields(call: ApiCall[None]) -> web.Response:
    """List the fields that the configuration adds."""
    return respond(FieldList([_view(one) for one in call.context.uow.fields.definitions.values()]))


def _view(one: CustomFieldDefinition) -> FieldView:
    return FieldView(
        one.name,
        one.type,
        dict(one.labels),
        sorted(one.kinds),
        list(one.choices),
        list(one.required_on),
    )
