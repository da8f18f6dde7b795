"""The base of all sections of the settings."""

import msgspec


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the settings file; unknown keys are refused so that a typo shows."""
