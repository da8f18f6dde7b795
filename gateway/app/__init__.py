"""One replica, put together."""

from gateway.app.replica import Gateway, running

__all__ = ["Gateway", "running"]
