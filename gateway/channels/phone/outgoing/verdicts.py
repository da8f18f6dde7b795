"""The meaning of the codes that carriers answer with. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.message import Delivered, Result, Retry, Undeliverable


@dataclass(frozen=True, slots=True)
class CodeTable:
    """The codes of one vendor; `InternalError` stands for `InternalError.Timeout` as well.

    `busy` codes ask to slow down, with the pause where the vendor names one; `down` are faults
    of the vendor; `broken` of our account or settings, which somebody may be fixing; `never`
    concern this number or message. Any other code gets a few tries.
    """

    vendor: str
    delivered: str
    busy: Mapping[str, timedelta | None]
    down: Collection[str]
    broken: Collection[str]
    never: Collection[str]

    def judge(self, code: str, reason: str, handle: str) -> Result:
        """Return the result of an answer with this code; `handle` is the vendor's message id."""
        if code == self.delivered:
            return Delivered(handle)
        said = f"{self.vendor}: {code} {reason[:200]}".rstrip()
        if (known := _find(code, self.busy)) is not None:
            return Retry(said, after=self.busy[known])
        if _find(code, self.never) is not None:
            return Undeliverable(said)
        if _find(code, self.down) is not None:
            return Retry(said, down=True)
        return Retry(said, at_most=FEW_ATTEMPTS, down=_find(code, self.broken) is not None)


def _find(code: str, known: Collection[str]) -> str | None:
    """Return the entry that a code is, or belongs to; the longest first."""
    fitting = (one for one in known if code == one or code.startswith(f"{one}."))
    return max(fitting, key=len, default=None)
