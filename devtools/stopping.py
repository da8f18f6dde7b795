"""The end of a command that cannot go on."""

CANNOT_RUN = 2
"""Exit status of a command that could not do its work, as of `python -m gateway`."""


class CannotRun(Exception):
    """One line for the person at the terminal: what is wrong and what to do."""
