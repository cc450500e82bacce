"""`mockreel serve`: the mock server."""

import gc
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.credential_options import Credentials, credential_options, credentials
from mockreel.cli.log_option import background_tasks, log_to
from mockreel.cli.option_types import by_provider
from mockreel.cli.output import echo
from mockreel.cli.private_file import PrivateFile
from mockreel.cli.ready_file import announcing, check_ready_file
from mockreel.cli.shared_options import server_options, shared
from mockreel.engine.billing import cost_avoided
from mockreel.errors import OptionError, OptionsClash
from mockreel.server.http.sockets import SHOWN
from mockreel.server.http.tls import Tls, encryption
from mockreel.server.log import Log
from mockreel.server.mock_server import MockServer
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, is_loopback
from mockreel.simulator.simulator import load_contracts
from mockreel.simulator.storage.logs.run_log import PLACES
from mockreel.webhooks import WebhookSecret

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider


@click.command("serve")
@server_options(port=8700)
@credential_options
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on; `localhost` and `::` are IPv4 and IPv6; one that other "
    "machines can reach requires listed keys and a token.",
)
@click.option(
    "--public-url",
    "public_urls",
    multiple=True,
    envvar="MOCKREEL_PUBLIC_URL",
    metavar="[PROVIDER=]URL",
    help="The address of results, uploads and downloads in responses; {port} and {provider} are filled in "
    "(repeatable).",
)
@click.option(
    "--trust-host",
    "trusted_hosts",
    multiple=True,
    metavar="NAME",
    help="Use this name in addresses if the request's Host has it, as is done for localhost; * for any (repeatable).",
)
@click.option(
    "--token",
    envvar="MOCKREEL_TOKEN",
    metavar="TEXT",
    help="The token that the control API requires; needed where other machines can reach --host.",
)
@click.option("--metrics", is_flag=True, help="Count what happens, and serve it to Prometheus at /metrics.")
@click.option(
    "--traces",
    is_flag=True,
    help="Send OpenTelemetry traces to OTEL_EXPORTER_OTLP_ENDPOINT (extra `otel`): requests, jobs, webhook attempts.",
)
@click.option("--tls", is_flag=True, help="Serve over TLS with a temporary certificate (extra `run`).")
@click.option(
    "--tls-cert",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Serve over TLS with this certificate, in PEM form; requires --tls-key.",
)
@click.option(
    "--tls-key", type=PrivateFile(dir_okay=False, path_type=Path), metavar="FILE", help="The private key of --tls-cert."
)
@click.option(
    "--state",
    metavar="FILE|URL",
    help="Keep the run in this file, and go on with it after a restart; by default it ends with the process. "
    "With redis://HOST:PORT/DB several servers share it (extra `redis`).",
)
@click.option(
    "--durability",
    type=click.Choice(["process", "sync"]),
    default="process",
    show_default=True,
    help="With --state: what is answered survives the end of the process, or (sync) a power loss too.",
)
@click.option(
    "--record-run",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Record the run in this new folder, to apply it again with `mockreel replay-run DIR`.",
)
@click.option("--list-readings", is_flag=True, help="List the readings and their options, and exit.")
def command(list_readings: bool, ready_file: Path | None, **options: Any) -> None:
    """Start the mock server. It runs until Ctrl-C and logs one line per event.

    Any key is accepted, and each has its own account; a key that begins with `invalid` is rejected.
    """
    if list_readings:
        _list_readings(options["data"])
        return
    check_ready_file(ready_file)
    log = log_to(sys.stdout, as_json=options["as_json"], quiet=options["quiet"])
    with _traced(enabled=options["traces"]) as traces, _encrypted(options) as tls:
        admitted = credentials(options, lambda: load_contracts(options["providers"] or None, data=options["data"]))
        with collector_spared():
            server = Server(_options(options, tls, admitted, traces), background_tasks=background_tasks(log, options))
        _serve(server, ready_file, log, host=options["host"], listed=_key_source(options, admitted))


def _encrypted(options: Mapping[str, Any]) -> AbstractContextManager[Tls | None]:
    return encryption(options["tls"], options["tls_cert"], options["tls_key"], host=options["host"])


def _traced(*, enabled: bool) -> "AbstractContextManager[TracerProvider | None]":
    """Where spans go; None where none are made."""
    if not enabled:
        return nullcontext()
    from mockreel.server.traces.trace_export import exported  # noqa: PLC0415

    return exported()


def _key_source(options: Mapping[str, Any], admitted: Credentials) -> str:
    """Where the keys are listed, in words; empty where any key is accepted."""
    if admitted.keys is None:
        return ""
    if admitted.made:
        return f"those of {options['credentials']}, which was made now; the control token is there, too"
    return (
        "those of --keys"
        if options["keys"]
        else "those of --key"
        if options["listed"]
        else f"those of {options['credentials']}"
    )


def _serve(server: Server, ready_file: Path | None, log: Log, *, host: str, listed: str) -> None:
    # Only now that the ports are ours: the file may be another's, who holds them.
    with announcing(ready_file) as announce, log:
        _stop_on_signals(server)

        def ready() -> None:
            announce(server.server.ready(os.getpid()))
            notes = [note for note in (_reach(host), server.resumed) if note]
            shown = introduction(server.server, listed=listed, secrets=server.secrets, notes=notes)
            log.write_line("serving", shown, pid=os.getpid(), **server.server.public_addresses())

        server.run(ready=ready)
        saved = cost_avoided(server.server.simulator)
        sums = saved.lines() if saved.has_jobs else ()
        log.write_line("stopped", "\n".join(["Stopped.", *sums]), cost_avoided=saved.row())


def _reach(host: str) -> str:
    """Who else can reach the server, and at which address; empty where nobody can."""
    if is_loopback(host):
        return ""
    place = f"this machine's name or address in place of {SHOWN[host]}" if host in SHOWN else host
    return f"Other machines can reach it, too, at {place}."


def introduction(
    server: MockServer, *, listed: str, secrets: Mapping[str, WebhookSecret] | None = None, notes: Sequence[str] = ()
) -> str:
    """The addresses, the dashboard's first, and a request to try; a listed key is never shown.

    Args:
        listed: where the keys are listed, in words; empty where any is accepted.
        notes: sentences on what is special: who else can reach it, which run goes on.
    """
    rows = [("Dashboard", f"{server.control.url}/"), ("Control API", f"{server.control.url}/_mockreel/")]
    for name, provider in server.simulator.providers.items():
        address, secret = server.addresses[name], (secrets or {}).get(name)
        rows.append((provider.contract.title, address.url + ("" if listed else f"  key {address.key}")))
        rows += [("", f"results at {provider.base_url}")] if provider.base_url != address.url else []
        rows += [("", f"webhook secret {secret}")] if secret else []
    width = max(len(title) for title, _ in rows)
    lines = ["mockreel is running. Nothing reaches the real providers, and nothing is billed."]
    lines += [f"  {title:<{width}}  {text}" for title, text in rows]
    lines += [f"  {'CA':<{width}}  {server.ca}  (trust it while the server runs)"] if server.ca else []
    lines += [f"Keys: {listed}."] if listed else ["Any key works; these have the providers' form."]
    return "\n".join([*lines, *notes, *_example(server, listed=listed), "Stop with Ctrl-C."])


def _example(server: MockServer, *, listed: str) -> list[str]:
    """A first request, from the contract of the first provider that has one."""
    for name, provider in server.simulator.providers.items():
        for line in provider.contract.root.get("client", {}).get("lines", []):
            if line.startswith("curl "):
                key = "YOUR-KEY" if listed else server.addresses[name].key
                text = line.replace("{url}", server.addresses[name].url).replace("{key}", key)
                return [
                    "Try it:",
                    *("  " + text.replace(" -H", " \\\n    -H").replace(" -d", " \\\n    -d")).splitlines(),
                ]
    return []


def _options(
    options: Mapping[str, Any], tls: Tls | None, admitted: Credentials, traces: "TracerProvider | None"
) -> Options:
    for name, storage in (("--state", options["state"]), ("--record-run", options["record_run"])):
        if storage and options["watch"]:
            then = "A stored run depends on unchanged data: leave out one of the two."
            raise OptionsClash("--watch", name, then=then)
    return Options(
        **{**shared(options), "keys": admitted.keys},
        host=options["host"],
        token=admitted.token,
        tls=tls,
        metrics=options["metrics"],
        traces=traces,
        public_urls=dict(map(by_provider, options["public_urls"])),
        trusted_hosts=frozenset(options["trusted_hosts"]),
        state=_state(options["state"]),
        durability=options["durability"],
        record_run=options["record_run"],
    )


def _state(options: str | None) -> Path | str | None:
    """A file, or the URL of what several servers share."""
    if options is not None and not options.strip():
        raise OptionError("state", options, PLACES)
    return Path(options) if options is not None and "://" not in options else options


@contextmanager
def collector_spared() -> Iterator[None]:
    """What exists before the block ends is exempt from garbage collection, which also runs less often afterwards.

    Measured while 60,000 jobs were submitted: the 99th percentile of a submit fell from 14 ms to 7 ms. A collection of
    the second generation looks at 20,000 objects, which takes 6 ms; of 100,000 it took 45.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
    gc.freeze()
    gc.set_threshold(2_000, 10, 5_000)


def _stop_on_signals(server: Server) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _list_readings(data: Path | None) -> None:
    for name, contract in load_contracts(data=data).items():
        for reading in contract.readings.values():
            echo(f"{name}:{reading.id}  {reading.question}")
            for option in reading.options.values():
                usual = ", default" if option.name == reading.default else ""
                echo(f"  {option.name}: {option.says} ({option.evidence.kind}{usual})")
