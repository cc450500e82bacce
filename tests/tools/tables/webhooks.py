"""When a provider sends webhooks, and how often it tries."""

from collections.abc import Mapping
from typing import Any

from mockreel._data import data_root
from mockreel.contract import load_contract
from mockreel.contract.data.data_files import read_document
from mockreel.contract.data.webhook_rows import DeliveryPolicy
from tools.tables.markdown import code, evidence_kind, table


def deliveries(provider: str) -> str:
    """Which webhooks a provider sends, how often it retries, and how it signs."""
    callbacks = load_contract(provider).callbacks
    if not callbacks.policies:
        return "No webhook is documented, so none is sent."
    document = read_document(data_root() / "contracts" / provider / "callbacks.yaml")
    rows = [
        (code(name), *_policy(policy), evidence_kind(document["policy"][name]), _inferred(document["policy"][name]))
        for name, policy in callbacks.policies.items()
    ]
    head = (
        "delivery",
        "attempts",
        "wait before the next",
        "timeout",
        "accepted",
        "retried on",
        "evidence",
        "inferred",
    )
    events = ", ".join(code(event.word) for event in callbacks.events.values())
    signed = (
        f"{code(callbacks.signature.header)} ({callbacks.signature.algorithm}, {callbacks.signature.encoding})"
        if callbacks.signature
        else "none"
    )
    headers = ", ".join(code(header.name) for header in callbacks.headers)
    return "\n".join([table(head, rows), "", f"- Events: {events}", f"- Headers: {headers}", f"- Signature: {signed}"])


def _policy(policy: DeliveryPolicy) -> tuple[object, ...]:
    again = [code(status) for status in policy.retry_statuses]
    again += ["network errors"] * policy.retry_network + ["no answer"] * policy.retry_timeout
    waits = ", ".join(f"{delay:g} s" for delay in policy.delays)
    return policy.attempts, waits, f"{policy.timeout:g} s", ", ".join(map(code, policy.success)), ", ".join(again)


def _inferred(row: Mapping[str, Any]) -> str:
    return ", ".join(row.get("inferred", []))
