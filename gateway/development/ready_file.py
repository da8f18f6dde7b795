"""The file that tells scripts that the gateway serves, and where, for as long as it does."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """A file that is there, whole, once the gateway serves; None where nobody asked for one."""

    path: Path | None

    def prepare(self) -> None:
        """Remove that of an earlier start, and make a draft that only this user may read."""
        if self.path is not None:
            self.remove()
            self._draft(self.path).touch(mode=0o600)

    def write(self, facts: dict[str, str | int]) -> None:
        """Write it in one step, so that whoever waits for it never reads half of it."""
        if self.path is not None:
            draft = self._draft(self.path)
            draft.write_text(json.dumps(facts), "utf-8")
            draft.replace(self.path)

    def remove(self) -> None:
        """The gateway serves no longer."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self._draft(self.path).unlink(missing_ok=True)

    def _draft(self, path: Path) -> Path:
        return path.with_name(path.name + ".new")
