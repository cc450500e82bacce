"""`mockreel run`: any program, unchanged, against the mock server."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.option_types import Seconds
from mockreel.cli.output import echo
from mockreel.cli.shared_options import server_options, shared
from mockreel.cli.strict_options import Strictness, strict_options

if TYPE_CHECKING:
    from mockreel.proxy.intercept import Plan, RunResult
    from mockreel.server.log import Log
    from mockreel.server.socket_server import Server
    from mockreel.simulator.simulator import Simulator


@click.command("run", context_settings={"allow_interspersed_args": False})
@server_options(port=0)
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="HOST",
    help="Allow the program to reach this real host too; * matches anything (repeatable).",
)
@click.option(
    "--guard",
    type=click.Choice(["auto", "require", "off"]),
    default="auto",
    show_default=True,
    help="Block every connection to other machines in the kernel (Linux); `require` does not start without it.",
)
@click.option(
    "--wait",
    type=Seconds(min=0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="After the program, wait for its jobs and webhooks to end, for at most this long.",
)
@strict_options
@click.argument("words", metavar="-- COMMAND", nargs=-1, type=click.UNPROCESSED, required=True)
def command(words: tuple[str, ...], ready_file: Path | None, **options: Any) -> None:
    """Run COMMAND against the mock server: its requests to the providers' hosts are answered here, nothing is billed.

    The program is not changed: its HTTPS requests are intercepted with a temporary CA certificate that it alone trusts,
    and its connections to other machines are blocked. The exit code is the program's; a report of what it did, and what
    that would have cost, goes to stderr.
    """
    from mockreel.cli.ready_file import announcing, check_ready_file  # noqa: PLC0415
    from mockreel.proxy.intercept import run  # noqa: PLC0415
    from mockreel.proxy.intercept.child_process import NotStarted  # noqa: PLC0415
    from mockreel.server.http.tls import trustme  # noqa: PLC0415

    check_ready_file(ready_file)
    trustme("mockreel run")  # before anything is served: without it nothing can be intercepted
    strict = Strictness({**options, "words": words})
    log = _log(options)
    with log, announcing(ready_file) as announce:

        def ready(server: "Server") -> None:
            announce(server.server.ready(os.getpid()))
            log.write_line(
                "serving", "\n".join(_introduced(server)), pid=os.getpid(), **server.server.public_addresses()
            )

        # Blocked connections are reported in spite of --quiet, and at once.
        report = _report if not options["as_json"] else lambda line: log.write_line("refused", line)
        try:
            ran = run(_plan(words, options, log), environment=os.environ, report=report, ready=ready, ended=strict.look)
        except NotStarted as problem:
            _report(str(problem))
            sys.exit(problem.code)
        _log_result(log, ran)
        if options["as_json"] and options["strict"]:
            log.write_line(
                "violations", "", lines=[*strict.lines()], violations=[one.row() for one in strict.violations]
            )
    if not options["as_json"]:
        for line in strict.lines():
            _report(line)
    strict.write()
    sys.exit(strict.code(ran.code))


def _introduced(server: "Server") -> Iterator[str]:
    """The dashboard, and the secrets of webhooks where some were made."""
    yield f"mockreel run: the dashboard is at {server.server.control.url}/"
    for name, secret in server.secrets.items():
        yield f"mockreel run: webhooks of {name} are signed with {secret}"


def _log(options: Mapping[str, Any]) -> "Log":
    from mockreel.cli.log_option import log_to  # noqa: PLC0415

    return log_to(sys.stderr, as_json=options["as_json"], quiet=options["quiet"])


def _report(line: str) -> None:
    echo(f"mockreel run: {line}", err=True)


async def _report_rejected(simulator: "Simulator") -> None:
    """Report what could not be read as a request: no line of the summary counts it."""
    async for news in simulator.events.follow():
        for event in news.events:
            if event.kind == "rejected":
                provider = simulator.providers.get(event.provider or "")
                where = "the control API" if provider is None else provider.contract.title
                _report(f"a request to {where} was rejected: {event.fields['reason']}")


def _log_result(log: "Log", ran: "RunResult") -> None:
    head = f"mockreel run: the program ended with {ran.code} after {ran.seconds:.1f} s."
    lines = ran.lines()
    log.write_line(
        "ended", "\n".join([head, *(f"  {line}" for line in lines)]), code=ran.code, seconds=ran.seconds, lines=lines
    )
    log.write_line("stopped", "", cost_avoided=ran.account.cost_avoided.row())


def _plan(words: tuple[str, ...], options: Mapping[str, Any], log: "Log") -> "Plan":
    from mockreel.cli.log_option import background_tasks  # noqa: PLC0415
    from mockreel.proxy.intercept import Plan  # noqa: PLC0415
    from mockreel.server.server_options import Options  # noqa: PLC0415

    # Its own lines are between those of the program, so each event has one only in JSON.
    found = background_tasks(log, {**options, "quiet": not options["as_json"]})
    if not options["as_json"]:
        found.append(_report_rejected)
    return Plan(
        words,
        options=Options(**shared(options)),
        allow_hosts=options["allow_hosts"],
        wait=options["wait"],
        guard=options["guard"],
        background_tasks=found,
    )
