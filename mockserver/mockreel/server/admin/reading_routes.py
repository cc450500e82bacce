"""Readings: the ways to read docs that contradict themselves, and which of them is chosen."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from mockreel.contract import load_contract
from mockreel.errors import OptionError
from mockreel.server.admin.request_reader import json_object, known, text
from mockreel.server.admin.route import Row
from mockreel.simulator.provider import Part
from mockreel.simulator.simulator import Stage


async def list_readings(stage: Stage, _: Request) -> Any:
    return {part.name: readings_row(part) for part in stage.parts.values()}


def readings_row(part: Part) -> Mapping[str, Any]:
    """Every reading of a provider with its options."""
    return {
        name: {
            "question": reading.question,
            "chosen": part.contract.chosen[name],
            "default": reading.default,
            "options": {option.name: option.says for option in reading.options.values()},
        }
        for name, reading in part.contract.readings.items()
    }


async def choose_reading(stage: Stage, request: Request) -> Any:
    """`{provider, id, option}`: read the docs so from now on; what has come to be stays."""
    body = await json_object(request)
    known(body, ["provider", "id", "option"])
    name, id_, option = (text(body, field, "") for field in ("provider", "id", "option"))
    part = stage.part(name)
    if id_ not in part.contract.readings:
        raise OptionError(f"reading of {name}", id_, part.contract.readings)
    chosen = {**part.contract.chosen, id_: option}
    home, additions = part.contract.schemas.home, part.contract.additions
    contract = await asyncio.to_thread(load_contract, name, readings=chosen, root=home, additions=additions)
    stage.recast({name: contract})
    return {name: readings_row(part)}


ROWS = (
    Row("GET", "readings", list_readings),
    Row("POST", "readings", choose_reading),
)
