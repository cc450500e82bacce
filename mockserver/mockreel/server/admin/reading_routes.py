"""Readings: the ways to read docs that contradict themselves, and which of them is chosen."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from mockreel.contract import Contract, load_contract
from mockreel.errors import OptionError
from mockreel.server.admin.request_reader import check_names, json_object, text
from mockreel.server.admin.route import Row
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator


async def list_readings(simulator: Simulator, _: Request) -> Any:
    return {provider.name: readings_row(provider) for provider in simulator.providers.values()}


def readings_row(provider: Provider) -> Mapping[str, Any]:
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
    check_names(body, ["provider", "id", "option"])
    name, id_, option = (text(body, field, "") for field in ("provider", "id", "option"))
    provider = simulator.provider(name)
    contract = await asyncio.to_thread(read_otherwise, provider, {id_: option})
    simulator.switch_contracts({name: contract})
    return {name: readings_row(provider)}


def read_otherwise(provider: Provider, readings: Mapping[str, str]) -> Contract:
    """A provider's contract with these options in place of those that are chosen.

    Raises:
        OptionError: a reading or an option that it does not have.
    """
    own = provider.contract
    for id_ in readings:
        if id_ not in own.readings:
            raise OptionError(f"reading of {provider.name}", id_, own.readings)
    chosen = {**own.chosen, **readings}
    return load_contract(provider.name, readings=chosen, root=own.schemas.home, additions=own.additions)


ROWS = (
    Row("GET", "readings", list_readings),
    Row("POST", "readings", choose_reading),
)
