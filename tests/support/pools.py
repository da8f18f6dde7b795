"""Connection pools shared by the gateways of a test session, for speed.

Their connections have prepared the product's statements already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from gateway.db.pool import SERVER_SETTINGS, Pool, open_pool
from gateway.settings import Database

Name = tuple[Database, tuple[tuple[str, str], ...]]


class BorrowedPool:
    """A borrowed pool: `terminate` returns it, unless a connection is still in use."""

    def __init__(self, pool: Pool, lent: "SharedPools", name: Name) -> None:
        """Lend `pool`, which is known by `name`."""
        self._pool, self._lent, self._name = pool, lent, name
        self._ended = False

    def __getattr__(self, attribute: str) -> Any:
        """Return the attribute of the pool."""
        return getattr(self._pool, attribute)

    def terminate(self) -> None:
        """Return the pool, once; close it if a connection of it is in use."""
        if self._ended:
            return
        self._ended = True
        if self._pool.get_idle_size() < self._pool.get_size():
            self._pool.terminate()
        elif not self._pool.is_closing():
            self._lent.idle.setdefault(self._name, []).append(self._pool)

    def lose(self) -> None:
        """Close the pool for good, as if its database were gone."""
        self._pool.terminate()


@dataclass(slots=True)
class SharedPools:
    """A lender of pools to the session's own database; every other database has its own pools."""

    database_url: str
    idle: dict[Name, list[Pool]] = field(default_factory=dict)

    async def open(
        self,
        database: Database,
        *,
        allow_unsafe: bool = False,
        settings: Mapping[str, str] = SERVER_SETTINGS,
    ) -> Pool:
        """Return a pool as `gateway.db.pool.open_pool` does."""
        if database.url != self.database_url or not allow_unsafe:
            return await open_pool(database, allow_unsafe=allow_unsafe, settings=settings)
        name = (database, tuple(sorted(settings.items())))
        idle = self.idle.get(name)
        pool = (
            idle.pop() if idle else await open_pool(database, allow_unsafe=True, settings=settings)
        )
        return cast("Pool", BorrowedPool(pool, self, name))

    def end(self) -> None:
        """Close every pool that is not lent."""
        for pools in self.idle.values():
            for pool in pools:
                pool.terminate()
