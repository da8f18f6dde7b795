"""Contact methods as the API is given them, and the checks of where they lead."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from gateway.api.context import ApiCall
from gateway.directory.contact_method import MOST, PersonContactMethod, flaws, form_flaw
from gateway.errors import Flaw, Unprocessable
from gateway.operations.major.audience import check_address
from gateway.settings.notify import CONVERSATIONS, NOTIFICATION_CHANNELS
from gateway.settings.recipients import MAIL
from gateway.untrusted.bounds import Request

CHECKED_CHANNELS = frozenset({"webhook", *CONVERSATIONS})
"""Channels whose addresses are checked for where they lead."""

if TYPE_CHECKING:
    Channel = str
else:
    Channel = Literal["mail", *(name for name in NOTIFICATION_CHANNELS if name != MAIL)]


class ContactMethod(Request, kw_only=True):
    """A channel and an address of it.

    Without an address it is the person's own e-mail address or telephone number.
    """

    channel: Channel
    address: Annotated[str, Meta(max_length=500)] = ""


Methods = Annotated[list[ContactMethod], Meta(max_length=MOST)]


def checked_methods(
    call: ApiCall[object], stated: Sequence[ContactMethod]
) -> list[PersonContactMethod]:
    """Return the methods of a list `/methods`; raises Unprocessable for one that is unusable."""
    methods = [PersonContactMethod(one.channel, one.address.strip()) for one in stated]
    if found := tuple(flaws(methods)):
        raise Unprocessable("a contact method cannot be used", flaws=found)
    for place, method in enumerate(methods):
        check_method(call, method, f"/methods/{place}/address")
    return methods


def check_method(call: ApiCall[object], method: PersonContactMethod, where: str) -> None:
    """Raise Unprocessable for a method that no message may go to; `where` points to its address."""
    if detail := form_flaw(method):
        raise Unprocessable("a contact method cannot be used", flaws=(Flaw(where, detail),))
    if method.channel not in CHECKED_CHANNELS:
        return
    try:
        check_address(call.context.uow.rules.settings, f"{method.channel}:{method.address}")
    except Unprocessable as error:
        found = tuple(Flaw(where, flaw.detail) for flaw in error.flaws)
        raise Unprocessable("a contact method cannot be used", flaws=found) from error
