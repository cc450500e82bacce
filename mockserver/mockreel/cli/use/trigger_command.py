"""`mockreel trigger`: send any webhook of any provider, signed."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.option_types import Pair, Secret
from mockreel.cli.output import echo, show_table
from mockreel.cli.shared_options import ca_option, data_option, reading_option

if TYPE_CHECKING:
    from mockreel.contract import Contract
    from mockreel.simulator.in_process.sample_webhooks import Happening
    from mockreel.webhooks import Outcome


@click.command("trigger")
@click.argument("provider")
@click.argument("event", required=False)
@click.option("--to", "url", metavar="URL", help="Where to send it; without it, print it.")
@click.option(
    "--set", "fields", multiple=True, type=Pair(), metavar="FIELD=VALUE", help="Set a field: output.x=1 (repeatable)."
)
@click.option(
    "--secret",
    type=Secret(),
    envvar="MOCKREEL_WEBHOOK_SECRET",
    metavar="TEXT",
    help="The webhook secret; unsigned without it.",
)
@click.option("--state", metavar="NAME", help="How the job ended, if one event covers several states.")
@click.option("--operation", metavar="ID", help="The operation that started the job, if that makes a difference.")
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="HOST",
    help="Allow this host outside of this machine (repeatable).",
)
@reading_option()
@click.option("--seed", type=int, help="Seed of the generated ids; another one each time by default.")
@ca_option()
@data_option
def command(
    provider: str, event: str | None, url: str | None, fields: tuple[tuple[str, str], ...], **options: Any
) -> None:
    """Send EVENT of PROVIDER as the mock server would; without EVENT, list what can be sent.

    Exit code 0: it was accepted, as the provider understands it. 1: it was not. 2: there is no such event.
    """
    from mockreel.simulator.in_process.sample_webhooks import happening, happenings  # noqa: PLC0415
    from mockreel.simulator.simulator import load_contracts  # noqa: PLC0415

    contract = load_contracts([provider], readings=dict(options["readings"]), data=options["data"])[provider]
    root = (
        options["data"] if options["data"] is not None and (options["data"] / "contracts" / provider).is_dir() else None
    )
    if event is None:
        _list(contract, list(happenings(contract, root=root)))
        return
    seed = time.time_ns() if options["seed"] is None else options["seed"]
    found = happening(contract, event, state=options["state"], operation=options["operation"], seed=seed, root=root)
    body = _body(found, fields)
    headers = _headers(contract, found, body, options["secret"])
    if url is None:
        _show(headers, body)
        return
    _report(found, url, _send(found, url, headers, body, options))


def _list(contract: "Contract", found: "Sequence[Happening]") -> None:
    if not found:
        echo(f"{contract.title} documents no webhook for its jobs.")
        return
    show_table(("event", "--state", "--operation"), map(_row, _by_word(found).items()), none="")


def _by_word(found: "Sequence[Happening]") -> "dict[str, list[Happening]]":
    words: dict[str, list[Happening]] = {}
    for one in found:
        words.setdefault(one.word, []).append(one)
    return words


def _row(word: "tuple[str, list[Happening]]") -> tuple[str, str, str]:
    """An event with what its options may be."""
    name, found = word
    states, operations = (
        dict.fromkeys(each) for each in zip(*((one.state, one.operation) for one in found), strict=True)
    )
    return name, ", ".join(states), ", ".join(operations)


def _body(found: "Happening", fields: tuple[tuple[str, str], ...]) -> bytes:
    """The payload with the fields that were set; what breaks the documentation is reported, and sent."""
    import orjson  # noqa: PLC0415

    from mockreel.webhooks.field_overrides import with_field  # noqa: PLC0415

    if not fields:
        return found.body
    payload = orjson.loads(found.body)
    for name, value in fields:
        payload = with_field(payload, name, value)
    for wrong in found.callback.wrong(payload):
        echo(f"not as documented: {wrong.pointer or 'the body'}: {wrong.message}", err=True)
    return orjson.dumps(payload)


def _headers(contract: "Contract", found: "Happening", body: bytes, secret: str | None) -> tuple[tuple[str, str], ...]:
    from mockreel.errors import OptionError  # noqa: PLC0415
    from mockreel.webhooks import sign  # noqa: PLC0415

    if not secret:
        return found.headers
    signature = contract.callbacks.signature
    if signature is None:
        raise OptionError("--secret", "…", then=f"{contract.title} does not sign webhooks: omit it.")
    return (*found.headers, (signature.header, sign(signature, secret, body)))


def _show(headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    for name, value in headers:
        echo(f"{name}: {value}")
    click.echo(b"\n" + body)  # these bytes are what the signature is over


def _send(
    found: "Happening", url: str, headers: tuple[tuple[str, str], ...], body: bytes, options: Mapping[str, Any]
) -> "Outcome":
    from mockreel import __version__  # noqa: PLC0415
    from mockreel.webhooks import HttpSender, Outgoing, Targets, check_authority  # noqa: PLC0415

    check_authority(options["ca"])
    targets = Targets(allowed=frozenset(options["allowed"]))

    async def send() -> "Outcome":
        sender = HttpSender(targets, user_agent=f"mockreel/{__version__}", ca=options["ca"])
        try:
            return await sender.send(Outgoing(url, headers, body, found.policy.timeout))
        finally:
            await sender.close()

    return asyncio.run(send())


def _report(found: "Happening", url: str, outcome: "Outcome") -> None:
    from mockreel.engine.redaction.url_redaction import masked_url  # noqa: PLC0415
    from mockreel.server.webhook_receiver import outcome_text  # noqa: PLC0415
    from mockreel.webhooks.retry_policy import accepted  # noqa: PLC0415

    what = f"{found.word} ({found.operation}, {found.state}) to {masked_url(url)}"
    if outcome.error is not None:
        then = " Start the handler first, or give its address with --to." if outcome.error == "network" else ""
        echo(f"{what} was not accepted: {outcome_text(outcome)}.{then}", err=True)
        sys.exit(1)
    echo(f"{what}: answered {outcome.status}{f': {outcome.response.strip()}' if outcome.response.strip() else ''}")
    if not accepted(found.policy, outcome):
        sys.exit(1)
