"""The person that a request is about: the one in its path, or the caller."""

from gateway.api.context import ApiCall
from gateway.api.setup.session import require_person_id


def login_of(call: ApiCall[object]) -> str:
    """Return the login in the path, else that of the caller; raises Forbidden for a machine."""
    login: str | None = call.request.match_info.get("login")
    if login is not None:
        return login
    require_person_id(call)
    return call.who.name
