"""Notifications to systemd for a service of Type=notify (sd_notify(3))."""

import os
import socket
from dataclasses import dataclass

import structlog

VARIABLE = "NOTIFY_SOCKET"

log = structlog.get_logger()


@dataclass(slots=True)
class Systemd:
    """The notification socket of systemd; address "" for a process not started by it."""

    address: str

    def ready(self) -> None:
        """Report that the service is ready."""
        self._tell("READY=1")

    def alive(self) -> None:
        """Report that the service is alive: WatchdogSec counts from here."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Report that the service is stopping."""
        self._tell("STOPPING=1")

    def _tell(self, what: str) -> None:
        if not self.address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(what.encode(), socket.MSG_DONTWAIT, self.address)
        except OSError as error:
            log.warning("systemd_not_told", what=what, error=repr(error))


def systemd_from_environment() -> Systemd:
    """Return the notification socket of the environment, and remove it from there.

    Child processes must not notify systemd.
    """
    address = os.environ.pop(VARIABLE, "")
    return Systemd("\0" + address[1:] if address.startswith("@") else address)
