"""What systemd is told of a service of Type=notify (sd_notify(3)); nothing where it did not start us."""

import os
import socket
from dataclasses import dataclass

import structlog

VARIABLE = "NOTIFY_SOCKET"

log = structlog.get_logger()


@dataclass(slots=True)
class Systemd:
    """The socket at `address`, "" for none."""

    address: str

    def ready(self) -> None:
        """It serves."""
        self._tell("READY=1")

    def alive(self) -> None:
        """It lives: WatchdogSec counts from here."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """It was asked to stop and does."""
        self._tell("STOPPING=1")

    def _tell(self, what: str) -> None:
        if not self.address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(what.encode(), socket.MSG_DONTWAIT, self.address)
        except OSError as error:
            log.warning("systemd_not_told", what=what, error=repr(error))


def of_environment() -> Systemd:
    """Return who started us; taken out of the environment, since children have nothing to tell it."""
    address = os.environ.pop(VARIABLE, "")
    return Systemd("\0" + address[1:] if address.startswith("@") else address)
