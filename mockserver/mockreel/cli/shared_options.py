"""Options that several commands share."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from mockreel.cli.option_types import Pair, Secret, Size
from mockreel.cli.private_file import PrivateFile
from mockreel.server.http.connection.connection_limits import KEEP_ALIVE_SECONDS

F = TypeVar("F", bound=Callable[..., Any])


def data_option(command: F) -> F:
    """The option for a further data folder."""
    return _with(
        command,
        click.option(
            "--data",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            metavar="DIR",
            help="A further data folder; its providers are added, or replace those of the same name.",
        ),
    )


def reading_option(text: str = "Choose an option of a reading (repeatable).") -> Callable[[F], F]:
    """The option for the readings of a contract."""
    return click.option("--reading", "readings", multiple=True, type=Pair(), metavar="ID=OPTION", help=text)


def report_option(text: str) -> Callable[[F], F]:
    return click.option("--report", "reports", multiple=True, type=Pair(), metavar="FORM=PATH", help=text)


def simulator_options(command: F) -> F:
    """The options that shape a simulator: providers, readings, seed, speed, pace, budget, faults, data."""
    return _with(
        command,
        click.option(
            "--provider", "providers", multiple=True, metavar="NAME", help="Simulate only this provider (repeatable)."
        ),
        reading_option("Choose an option of a reading (repeatable); `serve --list-readings` lists them."),
        click.option(
            "--seed",
            default=0,
            show_default=True,
            help="Seed of all randomness; the same seed and requests give the same jobs.",
        ),
        click.option("--speed", default=1.0, show_default=True, help="Simulated seconds per real second."),
        click.option("--pace", default="quick", show_default=True, help="How long jobs take: quick or documented."),
        click.option(
            "--budget",
            multiple=True,
            metavar="[PROVIDER=]AMOUNT",
            help="Opening balance of every account, in its provider's currency (repeatable); balances are unlimited by "
            "default.",
        ),
        click.option(
            "--assume-price",
            multiple=True,
            metavar="[PROVIDER=]AMOUNT",
            help="The price of a job without a known one (repeatable); default: the contract's.",
        ),
        click.option(
            "--fault",
            "faults",
            multiple=True,
            metavar="FAULT",
            help="Inject a fault into matching requests, as 'reset; operation=get_run; nth=2' (repeatable); "
            "`mockreel faults` lists them.",
        ),
        click.option(
            "--add-model",
            "models",
            multiple=True,
            metavar="MODEL",
            help="Add a model: 'PROVIDER:ID=SCHEMA.json' or 'PROVIDER:ID; like=MODEL', with '; output=video; "
            "price=0.05/second' perhaps, or a YAML file with a list of them (repeatable).",
        ),
        click.option(
            "--unknown-models",
            type=click.Choice(["refuse", "accept"]),
            default="refuse",
            show_default=True,
            help="Accept models that the contract does not have, with any input; the log names each.",
        ),
        click.option(
            "--result",
            metavar="FILE|URL|JSON",
            help="What every job that succeeds answers with; default: a packed clip.",
        ),
        data_option,
    )


def callback_options(command: F) -> F:
    """The options that allow webhook targets."""
    return _with(
        command,
        click.option(
            "--callback-map",
            "callback_map",
            multiple=True,
            type=Pair(),
            metavar="FROM=TO",
            help="Send webhooks for URLs that begin with FROM to TO instead (repeatable).",
        ),
        click.option(
            "--allow-callback",
            "allow_callbacks",
            multiple=True,
            metavar="HOST",
            help="Allow webhooks to this host or network outside of this machine (repeatable).",
        ),
    )


def ca_option(
    text: str = "Also trust this CA or certificate for webhooks to https://; SSL_CERT_FILE is read too.",
) -> Callable[[F], F]:
    """Who vouches for a certificate: of a receiver of webhooks, of what is checked."""
    return click.option("--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", help=text)


def keep_alive_option(command: F) -> F:
    """How long an idle connection stays open."""
    return _with(
        command,
        click.option(
            "--keep-alive",
            type=click.IntRange(1),
            default=KEEP_ALIVE_SECONDS,
            show_default=True,
            metavar="SECONDS",
            help="Close a connection that has been idle this long.",
        ),
    )


def ready_file_option(command: F) -> F:
    return _with(
        command,
        click.option(
            "--ready-file",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="PATH",
            help="Write a file with the addresses once everything answers; removed at start and stop.",
        ),
    )


def log_options(command: F) -> F:
    return _with(
        command,
        click.option("--json", "as_json", is_flag=True, help="Log as JSON, one object per line."),
        click.option("--quiet", is_flag=True, help="Log errors of mockreel itself only."),
    )


def _with(command: F, *options: Callable[[F], F]) -> F:
    """A command with these options, in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def server_options(*, port: int) -> Callable[[F], F]:
    """The options of a mock server, as `serve` and `run` share them; `port` is control's by default."""

    def decorate(command: F) -> F:
        for options in (ready_file_option, log_options, ca_option(), callback_options, keep_alive_option):
            command = options(command)
        return simulator_options(_with(command, *_server_options(port)))

    return decorate


def _server_options(port: int) -> "list[Callable[[Any], Any]]":
    return [
        click.option(
            "--port",
            default=port,
            show_default=True,
            help="The control port; the providers take the following ones. 0 takes free ones.",
        ),
        click.option(
            "--keys",
            type=PrivateFile(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Accept only these keys: a YAML list of {key, account, provider, scopes, balance, scenario, fault, "
            "webhook_secret}.",
        ),
        click.option(
            "--max-body",
            type=Size(),
            default="32M",
            show_default=True,
            metavar="SIZE",
            help="The largest request body: bytes, or with K, M or G.",
        ),
        click.option(
            "--cors",
            multiple=True,
            metavar="ORIGIN",
            help="Allow web pages of this origin to call the providers and fetch videos; * for any (repeatable).",
        ),
        click.option(
            "--webhook-secret",
            type=Secret(),
            multiple=True,
            envvar="MOCKREEL_WEBHOOK_SECRET",
            metavar="[PROVIDER=]SECRET",
            help="Sign webhooks with this secret from the first one on; `generate` makes one and prints it "
            "(repeatable).",
        ),
        click.option("--hold", is_flag=True, help="Start with the clock paused."),
        click.option("--start", type=float, metavar="SECONDS", help="The time at the start, in seconds since 1970."),
        click.option("--watch", is_flag=True, help="Reload data and keys when their files change."),
        click.option(
            "--no-bodies",
            is_flag=True,
            help="Do not store request and response bodies.",
        ),
    ]


def shared(options: Mapping[str, Any]) -> dict[str, Any]:
    """What `server_options` gave, as fields of the server's `Options`."""
    from mockreel.simulator.settings import Settings  # noqa: PLC0415  (--help needs none of it)

    return {
        "providers": options["providers"],
        "readings": dict(options["readings"]),
        "data": options["data"],
        "faults": options["faults"],
        "callback_map": dict(options["callback_map"]),
        "allow_callbacks": frozenset(options["allow_callbacks"]),
        "speed": options["speed"],
        "budget": options["budget"],
        "assume_price": options["assume_price"],
        "models": options["models"],
        "unknown_models": options["unknown_models"],
        "result": options["result"],
        "port": options["port"],
        "keys": options["keys"],
        "held": options["hold"],
        "start": options["start"],
        "keep_alive": options["keep_alive"],
        "cors": options["cors"],
        "ca": options["ca"],
        "webhook_secret": options["webhook_secret"],
        "settings": Settings(
            seed=options["seed"],
            pace=options["pace"],
            max_body=options["max_body"],
            keep_bodies=not options["no_bodies"],
        ),
    }
