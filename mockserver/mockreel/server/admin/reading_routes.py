"""Readings: the ways to read docs that contradict themselves, and which of them is chosen."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from mockreel.contract import load_contract
from mockreel.errors import OptionError
from mockreel.server.admin.request_reader import json_object, known, text
from mockreel.server.admin.route import Row
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator


async def list_readings(simulator: Simulator, _: Request) -> Any:
    return {provider.name: readings_row(provider) for provider in simulator.providers.values()}


def readings_row(provider: Provider) -> Mapping[str, Any]:
    """Every reading of a provider with its options."""
    return {
        name: {
            "question": reading.question,
            "chosen": provider.contract.chosen[name],
            "default": reading.default,
            "options": {option.name: option.says for option in reading.options.values()},
        }
        for name, reading in provider.contract.readings.items()
    }


async def choose_reading(simulator: Simulator, request: Request) -> Any:
    """`{provider, id, option}`: read the docs so from now on; what has come to be stays."""
    body = await json_object(request)
    known(body, ["provider", "id", "option"])
    name, id_, option = (text(body, field, "") for field in ("provider", "id", "option"))
    provider = simulator.provider(name)
    if id_ not in provider.contract.readings:
        raise OptionError(f"reading of {name}", id_, provider.contract.readings)
    chosen = {**provider.contract.chosen, id_: option}
    home, additions = provider.contract.schemas.home, provider.contract.additions
    contract = await asyncio.to_thread(load_contract, name, readings=chosen, root=home, additions=additions)
    simulator.switch_contracts({name: contract})
    return {name: readings_row(provider)}


ROWS = (
    Row("GET", "readings", list_readings),
    Row("POST", "readings", choose_reading),
)
