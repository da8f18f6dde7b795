"""The assembly of one replica."""

from gateway.app.replica import Gateway, running

__all__ = ["Gateway", "running"]
