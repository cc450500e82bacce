"""`mockreel record`: cassettes of the real provider, with the user's own key."""

import json
import os
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.option_types import Money, Seconds
from mockreel.cli.output import echo
from mockreel.cli.shared_options import data_option
from mockreel.errors import MockreelError, OptionError

if TYPE_CHECKING:
    from mockreel.cassettes.recorder.recorder import Recorder
    from mockreel.cassettes.recorder.recording_plan import Plan


@click.command("record")
@click.argument("provider")
@click.option("--model", metavar="ID", help="Record a job of this model; default: a cheap one.")
@click.option("--input", "fields", metavar="JSON", help="The job's input, as JSON or as @FILE.")
@click.option("--no-job", is_flag=True, help="Record only error responses, which cost nothing.")
@click.option("--no-refusals", is_flag=True, help="Record only the job.")
@click.option(
    "--max-spend", type=Money(), metavar="AMOUNT", help="The most that may be spent, in the provider's currency."
)
@click.option("--assume-price", type=Money(), metavar="AMOUNT", help="What to count for a price that is not exact.")
@click.option("--yes", is_flag=True, help="Do not ask before sending; requires --max-spend.")
@click.option(
    "--callback-url", metavar="URL", help="A public URL that forwards to --listen; without it no webhook is recorded."
)
@click.option("--listen", "port", default=8791, show_default=True, help="The port for webhooks; 0 takes a free one.")
@click.option(
    "--wait",
    "webhook_timeout",
    type=Seconds(min=0),
    default=60.0,
    show_default=True,
    help="Seconds to wait for the webhook after the job has ended.",
)
@click.option("--host", metavar="HOST", help="Which of the provider's API hosts to use.")
@click.option(
    "--poll", "every", type=Seconds(min=0), metavar="SECONDS", help="Seconds between polls; default: as documented."
)
@click.option(
    "--deadline", type=Seconds(min=0), default=1800.0, show_default=True, help="Seconds that the job may take."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where cassettes go; default: contracts/PROVIDER/cassettes/live of a checkout.",
)
@data_option
def command(yes: bool, max_spend: Any, assume_price: Any, **options: Any) -> None:
    """Record the real PROVIDER: error responses, then one job with its polls, result and webhook.

    The key comes from the environment. The plan and its price are shown, and nothing is sent before you agree. A
    cassette that would contain a secret is not written.
    """
    from mockreel.cassettes.cassette_writer import vcrpy  # noqa: PLC0415
    from mockreel.cassettes.recorder.recorder import Recorder  # noqa: PLC0415
    from mockreel.cassettes.recorder.recording_plan import admit  # noqa: PLC0415

    vcrpy()
    plan = _plan(options)
    for line in plan.lines():
        echo(line)
    if plan.model is not None:
        admit(plan.cost, limit=max_spend, assumed=assume_price)
    key = _key(plan, os.environ)
    if yes and plan.model is not None and max_spend is None:
        raise MockreelError("--yes requires a limit: --max-spend AMOUNT.")
    if not yes:
        click.confirm("Send this to the provider?", abort=True)
    times = {"deadline": options["deadline"], "webhook_timeout": options["webhook_timeout"], "every": options["every"]}
    _record(Recorder(plan, key, echo, **times), options["port"])


def _plan(options: Mapping[str, Any]) -> "Plan":
    from mockreel.cassettes.recorder.recording_plan import make_plan  # noqa: PLC0415

    return make_plan(
        options["provider"],
        day=datetime.now(UTC).date(),
        data=options["data"],
        out=options["out"],
        host=options["host"],
        model=options["model"],
        input=_input(options["fields"]),
        job=not options["no_job"],
        refusals=not options["no_refusals"],
        callback_url=options["callback_url"],
    )


def _input(text: str | None) -> Mapping[str, Any] | None:
    if text is None:
        return None
    try:
        found = json.loads(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text)
    except (OSError, ValueError) as problem:
        raise OptionError("--input", text, then=f"Give a JSON object, or @FILE ({problem}).") from None
    if not isinstance(found, dict):
        raise OptionError("--input", text, then="Give a JSON object: the model's fields.")
    return found


def _key(plan: "Plan", environment: Mapping[str, str]) -> str:
    names = plan.rules.variables
    key = next((environment[name] for name in names if environment.get(name)), None)
    if key is None:
        title = plan.contract.title
        raise MockreelError(f"No key of {title} is set. Put the key of {title} into {' or '.join(names)}.")
    return key


def _record(recorder: "Recorder", port: int) -> None:
    from mockreel.cassettes.recorder.webhook_capture import receiving  # noqa: PLC0415

    plan = recorder.plan
    url = plan.callback_url if plan.model is not None else None
    # The receiver first: an unavailable port must show before anything is paid for.
    with receiving(plan.contract, url, port=port) if url else nullcontext() as inbound:
        paths = recorder.refusals()
        if plan.model is not None:
            paths.append(recorder.job(inbound))
    echo(f"{len(paths)} cassette{'' if len(paths) == 1 else 's'}:")
    for path in paths:
        echo(f"  {path}")
