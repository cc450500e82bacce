"""`mockreel listen`: a webhook receiver that verifies, prints and forwards."""

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from mockreel.cli.option_types import Secret
from mockreel.cli.output import echo
from mockreel.cli.shared_options import ca_option, data_option, keep_alive_option
from mockreel.terminal import harmless, harmless_json

if TYPE_CHECKING:
    from mockreel.server.webhook_receiver import HandledWebhook, Receiver, Server

_SIGNATURES = {
    "good": "signature good",
    "bad": "SIGNATURE BAD",
    "missing": "SIGNATURE MISSING",
    "unchecked": "signature not checked (no --secret)",
    "none": "unsigned",
}


@click.command("listen")
@click.option("--port", default=8790, show_default=True, help="The port to listen on; 0 takes a free one.")
@click.option("--forward-to", "forward", metavar="URL", help="Forward webhooks to this handler, with the same bytes.")
@click.option(
    "--secret",
    "secrets",
    type=Secret(),
    multiple=True,
    envvar="MOCKREEL_WEBHOOK_SECRET",
    metavar="TEXT",
    help="The webhook secret; repeatable while secrets are rotated.",
)
@click.option(
    "--provider", "providers", multiple=True, metavar="NAME", help="Only webhooks of this provider (repeatable)."
)
@click.option(
    "--answer", type=click.IntRange(200, 599), default=200, show_default=True, help="The status to answer with."
)
@click.option(
    "--allow-host", "allowed", multiple=True, metavar="HOST", help="Allow a handler on this host (repeatable)."
)
@click.option("--count", type=click.IntRange(1), metavar="N", help="Exit after this many webhooks.")
@click.option("--json", "as_json", is_flag=True, help="Print each webhook as a line of JSON, with its body.")
@click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Write a file with the address once it answers; removed at start and stop.",
)
@ca_option()
@keep_alive_option
@data_option
def command(port: int, count: int | None, as_json: bool, ready_file: Path | None, **options: Any) -> None:
    """Receive webhooks at any path, verify their signatures, print them, and forward them to a handler.

    One with a bad signature is answered with 400 and not forwarded. Otherwise the answer is the handler's, or --answer.
    """
    from mockreel.cli.ready_file import announcing, check_ready_file  # noqa: PLC0415
    from mockreel.server.webhook_receiver import Server  # noqa: PLC0415

    remaining = count

    def shown(handled: "HandledWebhook") -> None:
        nonlocal remaining
        if as_json:
            click.echo(harmless_json(_row(handled)))
        else:
            echo(_line(handled))
        remaining = None if remaining is None else remaining - 1
        if remaining == 0:
            server.should_exit = True

    check_ready_file(ready_file)
    server = Server(
        _receiver(options, shown),
        port=port,
        keep_alive=options["keep_alive"],
        ready=lambda url: _introduce(url, announce, as_json),
    )
    # Only now that the port is ours: the file may be another's, who holds it.
    with announcing(ready_file) as announce:
        _stop_on_signals(server)
        server.listen()


def _receiver(options: Mapping[str, Any], shown: "Callable[[HandledWebhook], None]") -> "Receiver":
    from mockreel.server.webhook_receiver import Receiver  # noqa: PLC0415
    from mockreel.simulator.simulator import load_contracts  # noqa: PLC0415
    from mockreel.webhooks import Targets, check_authority  # noqa: PLC0415
    from mockreel.webhooks.recognition import Recogniser  # noqa: PLC0415

    contracts = load_contracts(options["providers"] or None, data=options["data"])
    recogniser = Recogniser(contracts.values(), secrets=options["secrets"])
    targets = Targets(allowed=frozenset(options["allowed"]))
    _check_handler(options["forward"])
    check_authority(options["ca"])
    return Receiver(recogniser, targets, shown, forward=options["forward"], answer=options["answer"], ca=options["ca"])


def _check_handler(forward: str | None) -> None:
    """What is no address is refused at once: else each callback would be lost before anybody sees why."""
    if forward is None:
        return
    from mockreel.errors import OptionError  # noqa: PLC0415

    try:
        parts = urlsplit(forward)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise OptionError("--forward-to", forward, then="Give the handler's address, as http://127.0.0.1:3000/hook.")


def _introduce(url: str, announce: Any, as_json: bool) -> None:
    announce({"pid": os.getpid(), "url": url})
    if not as_json:
        echo(f"Listening on {url}, at any path. Stop with Ctrl-C.")


def _stop_on_signals(server: "Server") -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _line(handled: "HandledWebhook") -> str:
    webhook = handled.webhook
    if webhook.callback is None:
        return harmless(f"? {webhook.rejection} Answered {handled.answered}.")
    summary = " ".join(
        part for part in (webhook.callback.contract.title, webhook.word, webhook.subject, webhook.state) if part
    )
    parts = [summary, _SIGNATURES[webhook.signature], handled.handed, f"answered {handled.answered}"]
    wrong = [f"    not as documented: {one.pointer or 'the body'}: {one.message}" for one in webhook.violations[:5]]
    return "\n".join(map(harmless, [", ".join(parts), *wrong]))


def _row(handled: "HandledWebhook") -> Mapping[str, Any]:
    webhook = handled.webhook
    return {
        "provider": webhook.callback.contract.provider if webhook.callback else None,
        "event": webhook.word if webhook.callback else None,
        "subject": webhook.subject,
        "state": webhook.state,
        "signature": webhook.signature,
        "violations": [one.row() for one in webhook.violations],
        "handler": handled.handed,
        "answered": handled.answered,
        "body": webhook.payload,
    }
