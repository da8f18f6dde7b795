"""How sure it is that a person wrote something. Pure."""

from enum import StrEnum


class Author(StrEnum):
    """How sure it is that a person wrote something."""

    PERSON = "person"
    DOUBTFUL = "doubtful"
    PROGRAM = "program"
