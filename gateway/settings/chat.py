"""Settings of incoming chat messages."""

from typing import Literal

from gateway.settings.section import Section
from gateway.vocabulary import Impact, Urgency


class ChatSettings(Section, frozen=True):
    """One chat provider; without `secrets` nothing that it sends is accepted.

    `tenants` are the workspaces or companies that may use it; if empty, all whose signature is
    valid. `secrets` verify signatures, two of them during a rotation; `token` and `encoding_key`
    are needed by some vendors beside them. `service`, `impact` and `urgency` apply to reports
    that name none, `locale` is the language of people who are not in the directory.
    """

    tenants: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    token: str = ""
    encoding_key: str = ""
    service: str = ""
    impact: Impact = Impact.INDIVIDUAL
    urgency: Urgency = Urgency.NORMAL
    locale: Literal["en", "zh-CN"] = "en"

    def __repr__(self) -> str:
        """Return a text without the secrets: it may end up in a log."""
        return (
            f"Chat(tenants={self.tenants}, secrets={len(self.secrets)}, service={self.service!r}, "
            f"locale={self.locale!r})"
        )
