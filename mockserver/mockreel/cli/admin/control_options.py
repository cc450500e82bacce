"""What every `mockreel control` command shares: the server's address, and how a response is printed."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from mockreel.cli.output import Notes, echo, show_table
from mockreel.cli.private_file import PrivateFile
from mockreel.errors import OptionError
from mockreel.terminal import harmless_json

if TYPE_CHECKING:
    from mockreel.client.admin import ControlClient

F = TypeVar("F", bound=Callable[..., Any])

# Options of `control` that are valid after its commands too; those with a value, and the others.
_VALUED, _FLAGS = ("--url", "--ready-file", "--token", "--ca"), ("--json",)


_LISTS = {"job": "jobs", "delivery": "deliveries"}


class Hoisting(click.Group):
    """A group whose own options may be anywhere: they are moved to the front before parsing."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own: list[str] = []
        rest: list[str] = []
        words = iter(args)
        for word in words:
            if word == "--":
                rest += [word, *words]
            elif word in _FLAGS or word.startswith(tuple(f"{name}=" for name in _VALUED)):
                own.append(word)
            elif word in _VALUED:
                own += [word, *islice(words, 1)]
            else:
                rest.append(word)
        return super().parse_args(ctx, [*own, *rest])


def address_options(*, url: str, ready_file: str) -> Callable[[F], F]:
    """The options for a server's control port; each command adds its own help texts."""
    by_url = click.option(
        "--url", envvar="MOCKREEL_CONTROL_URL", metavar="URL", help=f"{url} [env: MOCKREEL_CONTROL_URL]"
    )
    by_file = click.option(
        "--ready-file",
        envvar="MOCKREEL_READY_FILE",
        type=PrivateFile(dir_okay=False, path_type=Path),
        metavar="PATH",
        help=f"{ready_file} [env: MOCKREEL_READY_FILE]",
    )
    return lambda command: by_url(by_file(command))


def token_option(command: F) -> F:
    """The option for the token of a server that is not on loopback."""
    return click.option(
        "--token",
        envvar="MOCKREEL_TOKEN",
        metavar="TEXT",
        help="The token of the server, if it has one. [env: MOCKREEL_TOKEN]",
    )(command)


def authority_option(command: F) -> F:
    """The option for the certificate authority of a server."""
    return click.option(
        "--ca",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="The certificate authority of its TLS certificate; a ready file names it.",
    )(command)


@dataclass(frozen=True, slots=True)
class ControlSession:
    """The server of a `control` command, and whether its output is JSON."""

    url: str | None
    ready_file: Path | None
    token: str | None
    ca: Path | None
    as_json: bool
    past: str | None = None  # read everything as it was at this moment

    @contextmanager
    def client(self) -> "Iterator[ControlClient]":
        """The client; a URL comes before a ready file.

        Raises:
            ControlUnreachable: there is no such ready file.
        """
        from mockreel.client.admin import ControlClient  # noqa: PLC0415  (--help needs no HTTP client)
        from mockreel.client.admin.control_request import DEFAULT_URL  # noqa: PLC0415

        if self.url is None and self.ready_file is not None:
            found = ControlClient.from_ready_file(self.ready_file, token=self.token, past=self.past)
        else:
            found = ControlClient(self.url or DEFAULT_URL, token=self.token, ca=self.ca, past=self.past)
        with found:
            yield found

    def show(self, raw: Any, lines: Callable[[], Iterable[str]]) -> None:
        """Print a response: as JSON, or in lines for a reader."""
        if self.as_json:
            click.echo(harmless_json(raw, indent=2))
            return
        for line in lines():
            echo(line)

    def show_table(
        self,
        raw: Any,
        head: Sequence[str],
        rows: Callable[[], Iterable[Sequence[object]]],
        *,
        none: str,
        notes: Notes | None = None,
    ) -> None:
        """Print a list: as JSON, or as a table; `none` is the sentence where it is empty."""
        if self.as_json:
            click.echo(harmless_json(raw, indent=2))
        else:
            show_table(head, rows(), none=none, notes=notes)


def written_url(ctx: click.Context, url: str | None) -> str | None:
    """The URL, unless only a ready file was written on the command line: that outranks a URL of the environment."""
    written = [name for name in ("url", "ready_file") if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    return None if written == ["ready_file"] else url


def moment(seconds: float | None) -> str:
    """A time of the simulator's clock for a reader, in UTC."""
    if seconds is None:
        return "never"
    return datetime.fromtimestamp(seconds, UTC).isoformat(sep=" ", timespec="milliseconds").replace("+00:00", " UTC")


def place(client: "ControlClient", noun: str, written: str) -> tuple[str, str]:
    """The provider and the id in `PROVIDER/ID`; an id alone is searched at every provider.

    Raises:
        OptionError: no provider has it.
    """
    from mockreel.errors import ControlError  # noqa: PLC0415

    providers = list(client.about()["providers"])
    provider, slash, id_ = written.partition("/")
    if slash and provider in providers:
        return provider, id_
    look: Callable[[str, str], Any] = client.get_job if noun == "job" else client.get_delivery
    for name in providers:
        try:
            look(name, written)
        except ControlError as no:
            if no.status != 404:
                raise
        else:
            return name, written
    raise OptionError(noun, written, then=f"No provider has it; `mockreel control {_LISTS[noun]} list` shows them.")


def pairs(options: Iterable[tuple[str, str]]) -> Mapping[str, Any]:
    """`FIELD=VALUE` options as a JSON object: values that are JSON as such, others as texts; dots nest."""
    found: dict[str, Any] = {}
    for name, text in options:
        inner = found
        *steps, last = name.split(".")
        for step in steps:
            inner = inner.setdefault(step, {})
        inner[last] = _value(text)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
