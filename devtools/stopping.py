"""The error of a command that cannot continue."""

CANNOT_RUN = 2
"""The exit status of a command that could not do its work, as of `python -m gateway`."""


class CannotRun(Exception):
    """An error with one line for the user: the cause and the remedy."""
