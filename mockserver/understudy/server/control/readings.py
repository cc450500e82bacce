"""Readings: the ways to read docs that contradict themselves, and which of them is chosen."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from understudy.part import Part
from understudy.server.control.row import Row
from understudy.stage import Stage


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


ROWS = (Row("GET", "readings", list_readings),)
