"""The command line of the gateway, for operators and scripts.

python -m gateway serve            one replica on DATABASE_URL and REDIS_URL
python -m gateway dev              the same on bundled servers, with keys made and shown
python -m gateway migrate          bring the database's schema up to date
python -m gateway check            report every error of the configuration
python -m gateway keys make NAME SCOPE..  make a key; also: keys list, keys revoke NUMBER
python -m gateway audit verify     recompute every timeline's hash chain
python -m gateway replay SOURCE FILE  show the incidents of a captured request; --apply sends it
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from gateway import serving
from gateway.channels.sections import find_flaws
from gateway.cli import commands, replay
from gateway.development import command
from gateway.failures import run_reporting_errors
from gateway.observe import logs
from gateway.settings import load
from gateway.settings.loading import load_all

LEVELS = ("debug", "info", "warning", "error")
LONGEST_NAME = 1_000
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
LARGEST_KEY_ID = 2**31 - 1
"""The largest ID of a key."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status.

    The status is 0, 1 when the command found something wrong, or 2 when it could not run.
    """
    options = _parser().parse_args(arguments)
    logs.configure(level=options.log_level)
    return run_reporting_errors(
        lambda: options.run(options.load(options.config, _environ(options)), options)
    )


Command = Callable[[Any, argparse.Namespace], Coroutine[Any, Any, int]]


def _in_loop(command: Command) -> Callable[[Any, argparse.Namespace], int]:
    """Return the command as one that needs no running event loop."""
    return lambda settings, options: uvloop.run(command(settings, options))


OTHER_SERVERS = {"DATABASE_URL", "REDIS_URL"}
OTHER_SERVERS |= {
    f"GATEWAY_{name}__URL{file}" for name in ("DATABASE", "REDIS") for file in ("", "_FILE")
}
"""Environment variables that name servers; `dev` starts its own and ignores them."""


def _environ(options: argparse.Namespace) -> Mapping[str, str]:
    """Return the environment for the command, without the server variables that `dev` ignores.

    Each ignored variable is reported on standard error.
    """
    if getattr(options, "external_servers", True):
        return os.environ
    for name in sorted(OTHER_SERVERS & os.environ.keys()):
        print(
            (
                f"gateway: {name} is not used: "
                "dev starts servers of its own (--external-servers uses it)"
            ),
            file=sys.stderr,
        )
    return {name: value for name, value in os.environ.items() if name not in OTHER_SERVERS}


def _level(text: str) -> str:
    """Return a valid log level; raises ArgumentTypeError for an unknown one.

    Unlike `choices`, argparse also applies a `type` to a default that comes from the
    environment.
    """
    if text.lower() not in LEVELS:
        known = ", ".join(LEVELS)
        raise argparse.ArgumentTypeError(f"{text!r} is no log level: choose one of {known}")
    return text.lower()


def _port(text: str) -> int:
    """Return a TCP port, 0 for any free one; raises ArgumentTypeError for anything else."""
    if not text.isascii() or not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: choose a number from 0 to 65535")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, help="a TOML file laid over the shipped defaults")
    common.add_argument(
        "--log-level",
        type=_level,
        default=os.environ.get("GATEWAY_LOG_LEVEL", "info"),
        metavar="LEVEL",
        help="debug, info, warning or error (default: GATEWAY_LOG_LEVEL, or info)",
    )
    parser = argparse.ArgumentParser(
        prog="gateway", description="Incident gateway: alerts in, incidents with SLA clocks out."
    )
    parser.set_defaults(load=partial(load, find_flaws=find_flaws))
    asked = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = asked.add_parser(
        "serve", parents=[common], help="one replica on DATABASE_URL and REDIS_URL"
    )
    serve.add_argument("--host")
    serve.add_argument("--port", type=_port, help="0 for any free one (default: server.port)")
    serve.set_defaults(run=serving.serve)
    told = "everything on this machine, with keys made and shown"
    dev = asked.add_parser("dev", parents=[common], help=told)
    dev.add_argument("--port", type=_port, help="0 for any free one (default 8080)")
    dev.add_argument("--state", type=Path, help="folder of servers and keys (default: printed)")
    dev.add_argument("--ready-file", type=Path, help="written as JSON once the gateway serves")
    dev.add_argument(
        "--external-servers",
        action="store_true",
        help="use DATABASE_URL and REDIS_URL instead of starting PostgreSQL and Valkey",
    )
    dev.add_argument(
        "--demo", action="store_true", help="play a day of realistic traffic in a few minutes"
    )
    dev.set_defaults(run=command.dev)
    migrate = asked.add_parser(
        "migrate", parents=[common], help="bring the database's schema up to date"
    )
    migrate.set_defaults(run=_in_loop(commands.migrate_schema))
    check = asked.add_parser(
        "check", parents=[common], help="say everything that is wrong with the configuration"
    )
    check.set_defaults(run=_in_loop(commands.check), load=partial(load_all, find_flaws=find_flaws))
    _keys(asked, common)
    audit = asked.add_parser(
        "audit", parents=[common], help="recompute every timeline's hash chain"
    )
    audit.add_argument("what", choices=("verify",))
    audit.add_argument(
        "--seals", type=Path, help="seals exported outside the database, to find cut-off tails"
    )
    audit.set_defaults(run=_in_loop(commands.audit))
    replay.add_arguments(
        asked.add_parser("replay", parents=[common], help="what a captured request would become")
    )
    return parser


def _name(text: str) -> str:
    """Return a valid name of a key; raises ArgumentTypeError for any other."""
    if not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
        raise argparse.ArgumentTypeError(
            f"a name has 1 to {LONGEST_NAME} characters, none of which are control characters"
        )
    return text


def _slug(text: str) -> str:
    """Return a valid name of an integration, by the rule of the API; raises ArgumentTypeError."""
    if not SLUG.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of an integration: small letters, digits, - and _, at most 64"
        )
    return text


def _number(text: str) -> int:
    """Return the ID of a key as `keys list` shows it; raises ArgumentTypeError."""
    if not text.isascii() or not text.isdecimal() or int(text[:20]) > LARGEST_KEY_ID:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a key: `keys list` shows them")
    return int(text)


SCOPES = """scopes:
  ingest  send alerts and mail as the integration of --integration
  read    read records, timelines, the change feed and the catalogue
  write   make and change records
  admin   everything, also people, groups, services and keys: the first key of an installation
"""


def _keys(
    asked: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    """Add the commands `keys make`, `keys list` and `keys revoke`.

    `key` is the same as `keys make`.
    """
    told = "make, list and revoke keys of the API"
    group = asked.add_parser("keys", help=told, description=told).add_subparsers(
        required=True, metavar="COMMAND"
    )
    made = "make a key and print it, once"
    for make in (
        group.add_parser("make", **_explained(common, made)),
        asked.add_parser("key", **_explained(common, "the same as keys make")),
    ):
        make.add_argument("name", type=_name, help="what the key is for, as lists show it")
        make.add_argument(
            "scopes",
            nargs="+",
            choices=("ingest", "read", "write", "admin"),
            metavar="SCOPE",
            help="see below",
        )
        make.add_argument(
            "--integration", type=_slug, help="the sender's name; needed for the scope ingest"
        )
        make.set_defaults(run=_in_loop(commands.make_key))
    listed = "list all keys without their secrets"
    group.add_parser("list", parents=[common], help=listed, description=listed).set_defaults(
        run=_in_loop(commands.list_keys)
    )
    ended = "end a key by its number in the list"
    revoke = group.add_parser("revoke", parents=[common], help=ended, description=ended)
    revoke.add_argument("id", type=_number, metavar="NUMBER")
    revoke.set_defaults(run=_in_loop(commands.revoke_key))


def _explained(common: argparse.ArgumentParser, told: str) -> dict[str, Any]:
    raw = argparse.RawDescriptionHelpFormatter
    return {
        "parents": [common],
        "help": told,
        "description": told,
        "epilog": SCOPES,
        "formatter_class": raw,
    }


if __name__ == "__main__":
    sys.exit(main())
