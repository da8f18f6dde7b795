"""What every table of the file is."""

import msgspec


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused so that a typo shows."""
