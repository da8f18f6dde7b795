"""The classification of texts by who wrote them: a person or a program. Pure."""

from enum import StrEnum


class Author(StrEnum):
    """The likelihood that a person, and not a program, wrote a text."""

    PERSON = "person"
    DOUBTFUL = "doubtful"
    PROGRAM = "program"
