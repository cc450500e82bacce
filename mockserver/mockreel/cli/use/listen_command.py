"""`mockreel listen`: a webhook receiver that verifies, prints and forwards."""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.option_types import Secret
from mockreel.cli.output import echo
from mockreel.cli.shared_options import ca_option, data_option, keep_alive_option
from mockreel.terminal import harmless, harmless_json

if TYPE_CHECKING:
    from mockreel.engine.redaction import Redactor
    from mockreel.server.webhook_receiver import HandledWebhook, Receiver, Server

# So much of a text is shown, and so much of it is looked through for secrets.
_MOST_SHOWN, _MOST_READ = 300, 10_000
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
@click.option(
    "--json", "as_json", is_flag=True, help="Print each webhook as a line of JSON, with its body; secrets are masked."
)
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
    privacy = _Privacy(options["secrets"])

    def shown(handled: "HandledWebhook") -> None:
        nonlocal remaining
        if as_json:
            click.echo(harmless_json(_row(handled, privacy)))
        else:
            echo(_line(handled, partial(privacy.text, handled)))
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
    from mockreel.webhooks.receiver_address import check_receiver_address  # noqa: PLC0415
    from mockreel.webhooks.recognition import Recogniser  # noqa: PLC0415

    contracts = load_contracts(options["providers"] or None, data=options["data"])
    recogniser = Recogniser(contracts.values(), secrets=options["secrets"])
    targets = Targets(allowed=frozenset(options["allowed"]))
    if options["forward"] is not None:
        check_receiver_address("--forward-to", options["forward"])
    check_authority(options["ca"])
    return Receiver(recogniser, targets, shown, forward=options["forward"], answer=options["answer"], ca=options["ca"])


def _introduce(url: str, announce: Any, as_json: bool) -> None:
    announce({"pid": os.getpid(), "url": url})
    if not as_json:
        echo(f"Listening on {url}, at any path. Stop with Ctrl-C.")


def _stop_on_signals(server: "Server") -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


class _Privacy:
    """What of a webhook is shown: none of the secrets of this command, and none that the webhook has."""

    def __init__(self, secrets: Sequence[str]) -> None:
        from mockreel.engine.redaction import Fingerprints, Redactor  # noqa: PLC0415

        self._known = Fingerprints(secrets)
        self._unknown = Redactor()
        self._by_provider: dict[str, Redactor] = {}

    def text(self, handled: "HandledWebhook", text: str) -> str:
        """A text of it, in a length that a line may have."""
        shown = self._redactor(handled).text(text[:_MOST_READ], self._known)
        return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"

    def value(self, handled: "HandledWebhook", value: Any) -> Any:
        """A JSON value of it."""
        return self._redactor(handled).value(value, self._known)

    def _redactor(self, handled: "HandledWebhook") -> "Redactor":
        from mockreel.engine.redaction import redactor_of  # noqa: PLC0415

        callback = handled.webhook.callback
        if callback is None:
            return self._unknown
        name = callback.contract.provider
        if name not in self._by_provider:
            self._by_provider[name] = redactor_of(callback.contract)
        return self._by_provider[name]


def _line(handled: "HandledWebhook", shown: Callable[[str], str]) -> str:
    """A webhook in words; what came with it only as `shown`."""
    webhook = handled.webhook
    if webhook.callback is None:
        return harmless(f"? {webhook.rejection} Answered {handled.answered}.")
    said = (shown(one) for one in (webhook.word, webhook.subject, webhook.state) if one)
    summary = " ".join([webhook.callback.contract.title, *said])
    parts = [summary, _SIGNATURES[webhook.signature], handled.handed, f"answered {handled.answered}"]
    wrong = [
        f"    not as documented: {shown(one.pointer) or 'the body'}: {shown(one.message)}"
        for one in webhook.violations[:5]
    ]
    return "\n".join(map(harmless, [", ".join(parts), *wrong]))


def _row(handled: "HandledWebhook", privacy: _Privacy) -> Mapping[str, Any]:
    """A webhook as JSON."""
    webhook, shown = handled.webhook, partial(privacy.text, handled)
    violations = [one.row() for one in webhook.violations]
    return {
        "provider": webhook.callback.contract.provider if webhook.callback else None,
        "event": shown(webhook.word) if webhook.callback else None,
        "subject": shown(webhook.subject),
        "state": shown(webhook.state),
        "signature": webhook.signature,
        "violations": [{**privacy.value(handled, one), "message": shown(one["message"])} for one in violations],
        "handler": handled.handed,
        "answered": handled.answered,
        "unreadable": webhook.unreadable or None,
        "body": privacy.value(handled, webhook.payload),
    }
