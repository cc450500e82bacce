"""`mockreel openapi`: a provider's OpenAPI document, as it is simulated."""

import json
from pathlib import Path
from typing import Any

import click

from mockreel.cli.shared_options import data_option, reading_option


@click.command("openapi")
@click.argument("provider")
@click.option("--model", "models", multiple=True, metavar="ID", help="Only this model (repeatable).")
@reading_option()
@click.option("--url", metavar="URL", help="The server's address in it; default: the real provider's.")
@data_option
def command(provider: str, models: tuple[str, ...], url: str | None, **options: Any) -> None:
    """Print the OpenAPI 3.1 document of PROVIDER as it is simulated, without references to other files."""
    from mockreel.contract.openapi_documents import Documents, chosen_models  # noqa: PLC0415
    from mockreel.simulator.simulator import load_contracts  # noqa: PLC0415

    data: Path | None = options["data"]
    contract = load_contracts([provider], readings=dict(options["readings"]), data=data)[provider]
    document = Documents(contract).full_document(chosen_models(contract, models), url=url)
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
