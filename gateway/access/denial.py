"""The causes for which the permission tables refuse an action. Pure."""

from enum import StrEnum


class DenialCause(StrEnum):
    """The cause of a refusal: what the record would have to be, or the principal to have."""

    HIDDEN = "hidden"
    ROLES = "roles"
    LOCATION = "location"
    ROLE_STATES = "role_states"
    PRIORITIES = "priorities"
    NOT_CALLED = "not_called"
    NOT_TAKEN = "not_taken"
