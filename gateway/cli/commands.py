"""The commands `migrate`, `check`, `keys` and `audit`."""

import argparse

from gateway.access import keys
from gateway.access.keys import Scope
from gateway.app.checking import check_configuration
from gateway.db.command_connection import (
    database_connection,
    require_database_url,
    translate_connection_errors,
)
from gateway.db.migrate import migrate
from gateway.errors import Misconfigured
from gateway.failures import print_problems
from gateway.incidents import audit as audits
from gateway.serving import is_unsafe_allowed
from gateway.settings import Settings
from gateway.settings.loading import LoadedSettings
from gateway.timing.clock import SystemClock

ENSURE_INTEGRATION = """
INSERT INTO integration (slug, name) VALUES ($1, $2)
ON CONFLICT (slug) DO UPDATE SET name = integration.name RETURNING id
"""


async def migrate_schema(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's shape
    """Apply the missing migrations."""
    url = require_database_url(settings)
    with translate_connection_errors(url):
        applied = await migrate(url)
    print(
        f"gateway: applied {', '.join(map(str, applied))}"
        if applied
        else "gateway: the schema is up to date"
    )
    return 0


async def check(loaded: LoadedSettings, options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's shape
    """Print every problem of the configuration and every skipped check.

    The exit status is 2 for an error that prevents serving, 1 for an unreachable recipient.
    """
    found = await check_configuration(loaded, SystemClock().now(), allow_unsafe=is_unsafe_allowed())
    for note in found.notes:
        print(f"gateway: {note}")
    for unchecked in found.unchecked:
        print(f"gateway: not checked: {unchecked}")
    for title, flaws in (
        ("the configuration cannot be used", found.problems),
        ("nobody can be told", found.unreachable),
    ):
        if flaws:
            print_problems(title, flaws)
    if found.problems or found.unreachable:
        return 2 if found.problems else 1
    print("gateway: the configuration is in order")
    return 0


async def make_key(settings: Settings, options: argparse.Namespace) -> int:
    """Create a key and print it, once."""
    scopes = frozenset(Scope(scope) for scope in options.scopes)
    if Scope.INGEST in scopes and not options.integration:
        raise Misconfigured(
            "a key that sends alerts belongs to an integration: name it with --integration"
        )
    async with database_connection(settings) as conn:
        integration = None
        if options.integration:
            integration = await conn.fetchval(
                ENSURE_INTEGRATION, options.integration, options.integration
            )
        text, _ = await keys.create(conn, options.name, scopes, None, integration_id=integration)
    print(text)
    return 0


async def list_keys(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's shape
    """Print every key without its secret, and whether it is valid, revoked or expired."""
    async with database_connection(settings) as conn:
        found, now = await keys.all_keys(conn), await conn.fetchval("SELECT now()")
    for key in found:
        expired = key.expires_at is not None and key.expires_at <= now
        state = "revoked" if key.revoked_at else "expired" if expired else "valid"
        print(
            f"{key.id:>6}  {state:7}  {','.join(key.scopes):<24}  "
            f"gwk_{key.prefix}_...  {key.person or '-'}  {key.name}"
        )
    return 0


async def revoke_key(settings: Settings, options: argparse.Namespace) -> int:
    """Revoke a key by its ID in the list."""
    async with database_connection(settings) as conn:
        await keys.revoke(conn, options.id, None)
    print(f"gateway: key {options.id} is revoked; every replica refuses it within five seconds")
    return 0


async def audit(settings: Settings, options: argparse.Namespace) -> int:
    """Recompute every hash chain; the exit status is 1 if a timeline was tampered with."""
    async with database_connection(settings) as conn:
        lines = (
            options.seals.read_text("utf-8", errors="replace").splitlines() if options.seals else ()
        )
        damages = await audits.verify_timelines(conn, settings.audit.key.encode(), lines)
    for damage in damages:
        print(damage)
    print(
        f"gateway: {len(damages)} damaged timelines"
        if damages
        else "gateway: every timeline is whole"
    )
    return 1 if damages else 0
