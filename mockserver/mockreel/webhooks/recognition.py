"""Recognise a received webhook: its provider, its content, and whether its signature is good."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from mockreel.contract import Contract, pointers
from mockreel.contract.messages import content_encoding
from mockreel.contract.messages.body import read_json
from mockreel.contract.messages.json_problem import why_no_json
from mockreel.contract.validation import Violation
from mockreel.webhooks import verify
from mockreel.webhooks.payloads import Documented, documented

# good; bad: for other bytes or by another secret; missing: a secret is known, but there is no signature;
# unchecked: there is one, but no secret is known; none: there is none, or the provider does not sign.
SignatureStatus = Literal["good", "bad", "missing", "unchecked", "none"]


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """One received webhook; `callback` is None if it is no provider's; `unreadable` says why its body is no JSON."""

    callback: Documented | None
    payload: Any
    signature: SignatureStatus
    violations: tuple[Violation, ...] = ()
    unreadable: str = ""

    @property
    def word(self) -> str:
        """The event's name."""
        return (self.callback.word(self.payload) if self.callback else None) or "an event without a name"

    @property
    def subject(self) -> str:
        """The id of its job, if the contract has its place."""
        return self._field("id")

    @property
    def state(self) -> str:
        """The job's state in the payload."""
        return self._field("state")

    def _field(self, name: str) -> str:
        webhook = self.callback.webhook if self.callback else None
        place = getattr(webhook, name) if webhook else None
        value = pointers.value(self.payload, place) if place else None
        return "" if value is None else str(value)

    @property
    def rejection(self) -> str:
        """Why it is rejected; empty if it is accepted."""
        if self.unreadable:
            return f"It is not a webhook of a provider: its body cannot be read as JSON: {self.unreadable}."
        if self.callback is None:
            return "It is not a webhook of a provider: its body has no provider's fields."
        if self.signature in ("bad", "missing"):
            return f"Its signature is {self.signature}."
        return ""


class Recogniser:
    """Recognises the webhooks of some providers.

    Args:
        secrets: the possible signing secrets.
    """

    def __init__(self, contracts: Iterable[Contract], *, secrets: Sequence[str] = ()) -> None:
        self._callbacks = [one for contract in contracts for one in documented(contract)]
        self._secrets = secrets

    def recognise(self, headers: Mapping[str, str], body: bytes) -> ReceivedWebhook:
        """Read a received webhook; header names are in lower case."""
        try:
            payload = read_json(body)
        except orjson.JSONDecodeError as problem:
            coding = content_encoding.coding_of(headers.get("content-encoding", "").encode())
            why = f"its Content-Encoding is {coding[:40]!r}, and none is decoded here" if coding else ""
            return ReceivedWebhook(None, None, "none", unreadable=why or why_no_json(body, problem))
        except ValueError as problem:
            return ReceivedWebhook(None, None, "none", unreadable=str(problem))
        if not isinstance(payload, dict):
            return ReceivedWebhook(None, payload, "none")
        callback, wrong = self._nearest(payload)
        if callback is None:
            return ReceivedWebhook(None, payload, "none")
        return ReceivedWebhook(callback, payload, self._signature(callback.contract, headers, body), wrong)

    def _nearest(self, payload: Mapping[str, Any]) -> tuple[Documented | None, tuple[Violation, ...]]:
        """The callback that the payload matches, or else the one with most fields in common."""
        best: Documented | None = None
        most, broken = 0, tuple[Violation, ...]()
        for callback in self._callbacks:
            common = len(callback.required & set(payload))
            wrong = callback.wrong(payload)
            if common and not wrong:
                return callback, ()
            if common > most:
                best, most, broken = callback, common, wrong
        return best, broken

    def _signature(self, contract: Contract, headers: Mapping[str, str], body: bytes) -> SignatureStatus:
        signature = contract.callbacks.signature
        if signature is None:
            return "none"
        value = headers.get(signature.header.lower())
        if value is None:
            return "missing" if self._secrets else "none"
        if not self._secrets:
            return "unchecked"
        return "good" if any(verify(signature, secret, body, value) for secret in self._secrets) else "bad"
