"""The assembly of one replica."""

from gateway.app.replica import Gateway, run_replica

__all__ = ["Gateway", "run_replica"]
