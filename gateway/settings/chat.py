"""Settings of incoming chat messages."""

from typing import Literal

from gateway.settings.section import Section
from gateway.vocabulary import Impact, Urgency


class ChatSettings(Section, frozen=True):
    """One chat provider; without `secrets` nothing that it sends to the gateway is accepted.

    `tenants` are the workspaces or companies that may use it; if empty, all whose signature is
    valid. `secrets` verify signatures, two of them during a rotation; `token` and `encoding_key`
    are needed by some vendors beside them. With the mode `stream` the gateway opens a connection
    to the vendor, which needs no address of the gateway and no secrets here; what comes by it
    belongs to `integration`, or to that named as the provider. `service`, `impact` and `urgency`
    apply to reports that name none, `locale` is the language of people who are not in the
    directory.
    """

    tenants: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    token: str = ""
    encoding_key: str = ""
    mode: Literal["webhook", "stream"] = "webhook"
    integration: str = ""
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
