"""`mockreel arazzo`: a provider's conversation as an Arazzo document."""

import json
from pathlib import Path

import click

from mockreel.cli.option_types import Seconds
from mockreel.cli.shared_options import data_option


@click.command("arazzo")
@click.argument("provider")
@click.option(
    "--openapi",
    metavar="URL",
    help="Where the OpenAPI document is; default: PROVIDER.openapi.json, beside it.",
)
@click.option(
    "--every",
    type=Seconds(min=0.001),
    metavar="SECONDS",
    help="Seconds between two polls; default: as the reference client polls.",
)
@click.option(
    "--no-download",
    is_flag=True,
    help="Without the last step, which needs an extension of Arazzo: only what the specification has.",
)
@data_option
def command(provider: str, openapi: str | None, every: float | None, no_download: bool, data: Path | None) -> None:
    """Print an Arazzo 1.0 document of PROVIDER: submit each documented example, poll it until it has
    succeeded, download the result.

    Its operations are those of `mockreel openapi PROVIDER`. The key is an input of each workflow.
    """
    from mockreel.client.profile_file import read_profile  # noqa: PLC0415
    from mockreel.contract.conversation.arazzo_document import Arazzo  # noqa: PLC0415
    from mockreel.contract.conversation.demo_jobs import read_script  # noqa: PLC0415
    from mockreel.simulator.simulator import load_contracts  # noqa: PLC0415

    contract = load_contracts([provider], data=data)[provider]
    root = data if data is not None and (data / "contracts" / provider).is_dir() else None
    pause = every or read_profile(provider, root=root).pace.poll
    script = read_script(provider, root=root)
    where = openapi or f"{provider}.openapi.json"
    arazzo = Arazzo(contract, script, openapi=where, every=pause, download=not no_download)
    click.echo(json.dumps(arazzo.document(), ensure_ascii=False, indent=2))
