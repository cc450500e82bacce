"""`mockreel proxy`: between a program and the real provider."""

import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.option_types import Money
from mockreel.cli.output import echo
from mockreel.cli.shared_options import data_option, reading_option, ready_file_option
from mockreel.cli.strict_options import NOT_CHECKED, VIOLATED
from mockreel.errors import OptionError

if TYPE_CHECKING:
    from mockreel.proxy import Plan, Proxy
    from mockreel.proxy.exchange_recorder import ExchangeRecorder
    from mockreel.proxy.proxy_report import PrintLine


@click.command("proxy", context_settings={"allow_interspersed_args": False})
@click.option("--provider", "providers", multiple=True, metavar="NAME", help="Only this provider (repeatable).")
@reading_option("Check against another option of a reading (repeatable); `serve --list-readings` lists them.")
@data_option
@click.option(
    "--port",
    default=8710,
    show_default=True,
    help="The first provider's port; the others take the following ones. 0 takes free ones.",
)
@ready_file_option
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    metavar="[NAME=]URL",
    help="Forward a provider's requests to this URL instead of its own host (repeatable).",
)
@click.option(
    "--ca",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also trust the certificate authorities in this file, for a gateway of your own.",
)
@click.option(
    "--max-spend",
    type=Money(),
    metavar="AMOUNT",
    help="Reject requests that could cost more, in each currency by itself.",
)
@click.option(
    "--assume-price",
    type=Money(),
    metavar="AMOUNT",
    help="What a job without an exact price counts; without it --max-spend rejects such a job.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a cassette at the end, without secrets; for one provider, never from a mock server.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Exit code 1 if the program broke a client rule, 3 if there was no request, unless it failed itself.",
)
@click.option(
    "--rules",
    multiple=True,
    metavar="RULE",
    help="Client rules to check: default, all, or one by name (repeatable).",
)
@click.option("--allow", multiple=True, metavar="RULE", help="Allow violations of this client rule (repeatable).")
@click.option("--json", "as_json", is_flag=True, help="Log as JSON, one object per line.")
@click.argument("words", metavar="[-- COMMAND]", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...], ready_file: Path | None, record: Path | None, **options: Any) -> None:
    """Forward to the real providers, check both sides against the contract, and enforce a spending limit.

    Each provider has its own port: set a program's base URL to it. With COMMAND, the program runs unchanged, as in
    `mockreel run`, and its exit code is passed on. What passes here reaches the provider, and is billed.
    """
    from mockreel.cli.ready_file import announcing, check_ready_file  # noqa: PLC0415
    from mockreel.proxy import Proxy  # noqa: PLC0415

    check_ready_file(ready_file)

    def noted(line: str) -> None:
        proxy.report.noted(line)

    plan = _plan(options)
    recorder = _recorder(plan, record, noted) if record else None
    proxy = Proxy(plan, print_line=_writer(as_json=options["as_json"], to_stderr=bool(words)), recorder=recorder)
    code = 0
    # Only now that the ports are ours: the file may be another's, who holds them.
    with announcing(ready_file) as announce:

        def ready() -> None:
            announce(proxy.ready(os.getpid()))

        if words:
            code = _run(proxy, words, ready)
        else:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda _number, _frame: proxy.stop())
            proxy.run(ready=ready)
    if recorder is not None:
        proxy.report.noted(recorder.save())
    sys.exit(code or (_strictly(proxy) if options["strict"] else 0))


def _strictly(proxy: "Proxy") -> int:
    """The exit code of the client rules: 1 if one was broken, 3 if none was checked because no request came."""
    if not proxy.report.requests:
        return NOT_CHECKED
    return VIOLATED if proxy.report.broken else 0


def _recorder(plan: "Plan", path: Path, print_line: "PrintLine") -> "ExchangeRecorder":
    from mockreel.proxy.exchange_recorder import recorder_of  # noqa: PLC0415  (needs an extra)

    return recorder_of(plan, path, day=datetime.now(tz=UTC).date(), print_line=print_line)


def _writer(*, as_json: bool, to_stderr: bool) -> "PrintLine":
    """JSON stays on one line, however narrow the terminal is."""
    return partial(click.echo if as_json else echo, err=to_stderr)


def _plan(options: Mapping[str, Any]) -> "Plan":
    from mockreel.proxy import Plan  # noqa: PLC0415

    return Plan(
        providers=options["providers"],
        port=options["port"],
        readings=dict(options["readings"]),
        data=options["data"],
        upstreams=dict(_upstream_address(text, options["providers"]) for text in options["upstreams"]),
        ca=options["ca"],
        limit=options["max_spend"],
        assumed=options["assume_price"],
        as_json=options["as_json"],
        rules=options["rules"],
        allow=options["allow"],
    )


def _upstream_address(text: str, providers: tuple[str, ...]) -> tuple[str, str]:
    """Whose address it is: the provider that is named, or the only one that was chosen."""
    name, equals, url = text.partition("=")
    if equals and "/" not in name:
        return name, url
    if len(providers) != 1:
        then = "Name its provider, or choose one provider: --provider NAME."
        raise OptionError("--upstream", text, ["NAME=URL"], then=then)
    return providers[0], text


def _run(proxy: "Proxy", words: tuple[str, ...], ready: Any) -> int:
    from mockreel.proxy.child_program import run_through  # noqa: PLC0415
    from mockreel.proxy.intercept.child_process import NotStarted  # noqa: PLC0415

    try:
        return run_through(proxy, words, environment=os.environ, ready=ready)
    except NotStarted as problem:
        echo(f"mockreel proxy: {problem}", err=True)
        return problem.code
