"""The ready file: it exists while the gateway serves, and holds its address for scripts."""

import json
from dataclasses import dataclass
from pathlib import Path

Facts = dict[str, str | int | list[int]]


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """The ready file at `path`, or none if `path` is None."""

    path: Path | None

    def prepare(self) -> None:
        """Remove the file of an earlier start, and create a draft that only this user may read."""
        if self.path is not None:
            self.remove()
            self._draft(self.path).touch(mode=0o600)

    def write(self, facts: Facts) -> None:
        """Write the file atomically, so that nobody reads half of it."""
        if self.path is not None:
            draft = self._draft(self.path)
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(facts), "utf-8")
            draft.replace(self.path)

    def remove(self) -> None:
        """Remove the file: the gateway no longer serves."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self._draft(self.path).unlink(missing_ok=True)

    def _draft(self, path: Path) -> Path:
        return path.with_name(path.name + ".new")
