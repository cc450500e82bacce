"""An example job: the provider's documented one, or a model and an input of one's own, submitted over HTTP."""

from collections.abc import Mapping
from typing import Any

import httpx2

from mockreel.cli.use.mcp.connection import Connection
from mockreel.client import Client, Job
from mockreel.contract import Contract, pointers
from mockreel.contract.conversation.demo_jobs import read_script
from mockreel.errors import OptionError


class Preferring(httpx2.BaseTransport):
    """Sends every request with a `Prefer` header."""

    def __init__(self, preference: str) -> None:
        self._preference = preference
        self._inner = httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["prefer"] = self._preference
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def submit(
    connection: Connection,
    provider: str,
    *,
    model: str | None,
    fields: Mapping[str, Any] | None,
    scenario: str | None,
    callback_url: str | None,
) -> Job:
    """Start a job; without `fields` with the input of the documented example.

    Raises:
        OptionError: there is no such provider or model, it has no documented example, or the scenario cannot be sent.
        ClientError: the mock server rejected it, as the provider would.
    """
    contract = connection.contract(provider)
    example, usual = _example(contract, model)
    if scenario is not None and not (scenario.isascii() and scenario.isprintable()):
        raise OptionError("scenario", scenario, _scenarios(connection, provider), then="Nothing was sent.")
    transport = Preferring(f"scenario={scenario}") if scenario else None
    key, url = connection.key_of(provider), connection.url(provider)
    with Client(contract, key=key, base_url=url, transport=transport) as client:
        return client.submit(example, fields if fields is not None else usual, callback_url=callback_url)


def _scenarios(connection: Connection, provider: str) -> list[str]:
    row = connection.control.scenarios()[provider]
    return [*row["jobs"], *row["requests"]]


def _example(contract: Contract, model: str | None) -> tuple[str, Mapping[str, Any]]:
    """The model to run, and an input for it: the documented example's where it is that model."""
    if model is not None and model not in contract.names:
        raise OptionError("model", model, contract.models)
    for act in read_script(contract.provider).acts:
        if model in (None, act.model) and act.poll is not None:
            return act.model, _input(pointers.value(act.submit.body, act.input) if act.input else act.submit.body)
    if model is None:
        raise OptionError("model", None, contract.names, then=f"{contract.title} has no documented example.")
    return model, {}


def _input(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The model's own fields of an example: without the model's name, and without placeholders for URLs."""
    return {name: value for name, value in body.items() if name != "model" and not str(value).startswith("$")}
