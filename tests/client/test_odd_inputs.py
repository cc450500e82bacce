"""Values that JSON cannot express are reported before anything is sent; the client runs under either event loop."""

import json
import math
from decimal import Decimal
from typing import Any

import anyio
import pytest

from mockreel.client import AsyncClient, Client
from mockreel.client.http.json_writer import to_json
from mockreel.errors import MockreelError, OptionError
from mockreel.server import serving

MODEL = "google/veo3.1/lite"


def _in_itself() -> Any:
    inner: list[Any] = []
    inner.append(inner)
    return inner


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"prompt": "a boat \ud83d"}, "/prompt.*half of a character"),
        ({"a": ["x", {"b\udc00": 1}]}, "half of a character"),
        ({"seed": math.nan}, "/seed.*JSON has no nan"),
        ({"seed": math.inf}, "JSON has no inf"),
        ({1: "x"}, "A name in it is int"),
        ({"a": _in_itself()}, "nested deeper than 200 levels, or in itself"),
        ({"a": object()}, "not JSON serializable"),
        ({"a": Decimal(1)}, "not JSON serializable"),
        ({"a": {1, 2}}, "not JSON serializable"),
        ({"a": b"x"}, "not JSON serializable"),
    ],
)
def test_what_json_cannot_express_is_reported(value: Any, says: str) -> None:
    """The error has the place and the reason."""
    with pytest.raises(OptionError, match=says):
        to_json(value)


@pytest.mark.parametrize("value", [{"seed": 2**64}, {"seed": -(10**400)}, {"a": ["💥", 1.5, None, True, ("x",)]}])
def test_what_has_json_is_written(value: Any) -> None:
    """Whole numbers of any size among it: the provider is to say what is wrong with them."""
    assert b"e" not in to_json({"seed": 10**400})[8:]
    json.loads(to_json(value).decode(), parse_int=str)


def test_the_client_raises_a_sentence() -> None:
    """Nothing else, and before anything starts."""
    with serving("runflow", held=True) as server:
        client = Client("runflow", key=server.runflow.key, base_url=server.runflow.url)
        with client, pytest.raises(MockreelError, match="half of a character"):
            client.submit(MODEL, {"prompt": "\ud83d"})
        assert len(server.simulator.provider("runflow").jobs) == 0


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_runs_under_either_event_loop(backend: str) -> None:
    """With its pauses."""

    async def run(url: str, key: str) -> str:
        async with AsyncClient("runflow", key=key, base_url=url) as client:
            outcome = await client.run(MODEL, {"prompt": "a boat"}, every=0.05, deadline=30)
            return str(outcome.results[0].url)

    with serving("runflow", speed=100.0) as server:
        assert anyio.run(run, server.runflow.url, server.runflow.key, backend=backend).startswith("http")
