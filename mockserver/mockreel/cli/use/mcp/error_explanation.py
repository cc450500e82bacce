"""Why a request was rejected: its violations, the error response, and its source."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mockreel.cli.use.mcp.connection import Connection
from mockreel.client import Invalid
from mockreel.client.admin import Exchange
from mockreel.contract import Contract
from mockreel.contract.evidence.facts import Facts
from mockreel.errors import MockreelError, OptionError


class RejectedExample(MockreelError):
    """An example was rejected as invalid; the message has the violations that the provider's response names."""

    def __init__(self, problem: Invalid) -> None:
        violations = "".join(f"\n- {one if isinstance(one, str) else json.dumps(one)}" for one in problem.violations)
        message = str(problem).removesuffix(problem.advice)
        listed = f"\nThe response names:{violations}" if violations else ""
        super().__init__(f"{message}Call `explain_error` for every violation and its source.{listed}")


def explain(connection: Connection, number: int | None) -> Mapping[str, Any]:
    """One rejected request of the journal, or the newest.

    Raises:
        OptionError: no request was rejected, or the one with this number was not.
    """
    exchange = _rejected(connection, number)
    contract = connection.contract(exchange.provider)
    return {
        "number": exchange.number,
        "request": f"{exchange.method} {exchange.path}",
        "status": exchange.status,
        "violations": [dict(one) for one in exchange.violations],
        "response": exchange.reply,
        **error_row(contract, str(exchange.refusal)),
    }


def errors(contract: Contract) -> list[Mapping[str, Any]]:
    """Every error response of a provider."""
    return [error_row(contract, name) for name in contract.errors]


def matching(contracts: Sequence[Contract], error: str) -> list[Mapping[str, Any]]:
    """The error responses with this name or code.

    Raises:
        OptionError: no provider among these has one.
    """
    found = [
        error_row(contract, name)
        for contract in contracts
        for name, row in contract.errors.items()
        if error in (name, str(row.code))
    ]
    if not found:
        raise OptionError("error", error, dict.fromkeys(name for contract in contracts for name in contract.errors))
    return found


def error_row(contract: Contract, name: str) -> Mapping[str, Any]:
    """One error response: its content, and its documentation.

    Raises:
        OptionError: the provider has no such error response.
    """
    if name not in contract.errors:
        raise OptionError("error", name, contract.errors)
    row, fact = contract.errors[name], Facts(contract).row(name)
    return {
        "provider": contract.provider,
        "error": name,
        "error_status": row.status,
        "code": row.code,
        "message": row.message,
        "evidence": fact.evidence.kind,
        "sources": list(fact.sources),
        "contract": f"{contract.provider}/{fact.where}",
    }


def _rejected(connection: Connection, number: int | None) -> Exchange:
    if number is not None:
        found = connection.control.get_exchange(number)
        if found.refusal is None:
            raise OptionError("number", number, then=f"Request #{number} was not rejected: it got {found.status}.")
        return found
    for one in connection.control.journal(limit=1000):
        if one.refusal is not None:
            return connection.control.get_exchange(one.number)
    raise OptionError("number", None, then="No request in the journal was rejected.")
