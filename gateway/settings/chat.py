"""What is said in chats."""

from typing import Literal

from gateway.settings.section import Section
from gateway.vocabulary import Impact, Urgency


class Chat(Section, frozen=True):
    """One chat provider on the way in; without `secrets` nothing of its is believed.

    `tenants` are the workspaces or companies that may speak, nothing for any whose signature is right. `secrets` sign, two of
    them live during a rotation; `token` and `encoding_key` are what some vendors ask for beside them. `service`, `impact` and
    `urgency` are a report's that names none, `locale` the language of whoever is not of the directory.
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
        """Without the secrets: whatever is printed may be kept."""
        return f"Chat(tenants={self.tenants}, secrets={len(self.secrets)}, service={self.service!r}, locale={self.locale!r})"
