"""The redaction of a contract: the places of its keys, its secret fields, and its key prefixes."""

from collections.abc import Iterator

from mockreel.contract import Contract
from mockreel.contract.operations import resolve
from mockreel.engine.redaction.header_credentials import Credentials
from mockreel.engine.redaction.redactor import Redactor


def redactor_of(contract: Contract) -> Redactor:
    rows = contract.root.get("keys", {}).get("prefixes", [])
    return Redactor(
        {*contract.conversation.hidden, *_key_fields(contract)},
        callbacks=(*contract.conversation.receivers, *_callback_fields(contract)),
        prefixes=[row["prefix"] for row in rows],
    )


def credentials_of(contract: Contract) -> Credentials:
    """Which headers carry credentials, the provider's own among them."""
    return Credentials(place.header for operation in contract.operations for place in operation.key)


def _key_fields(contract: Contract) -> Iterator[str]:
    """Names of fields and parameters that hold a key somewhere in this contract."""
    for operation in contract.operations:
        yield from (place.name for place in operation.key if place.kind != "header")


def _callback_fields(contract: Contract) -> Iterator[str]:
    """Names of fields that hold the address of a callback: `{$request.body#/callback_url}`."""
    for operation in contract.operations:
        for row in operation.raw.get("callbacks", {}).values():
            for expression in resolve(contract.document, row, where=operation.id):
                yield expression.strip("{}").rpartition("/")[2]
