"""Whose callback has arrived, what it tells, and whether its signature is good."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mockreel.contract import Contract, pointers
from mockreel.contract.messages.body import read_json
from mockreel.contract.validation import Violation
from mockreel.webhooks import verify
from mockreel.webhooks.payloads import Documented, documented

# good; bad: it signs other bytes, or with another secret; missing: a secret is known, and nothing was signed;
# unchecked: it is there, and no secret is known; none: nothing was signed, or the provider signs nothing.
Standing = Literal["good", "bad", "missing", "unchecked", "none"]


@dataclass(frozen=True, slots=True)
class Heard:
    """One callback that has arrived; `callback` is None where it is no provider's."""

    callback: Documented | None
    payload: Any
    signature: Standing
    violations: tuple[Violation, ...] = ()

    @property
    def word(self) -> str:
        """The event's word."""
        return (self.callback.word(self.payload) if self.callback else None) or "an event without a name"

    @property
    def subject(self) -> str:
        """The id of the job that it tells of, where the contract says where that stands."""
        return self._told("id")

    @property
    def state(self) -> str:
        """The job's state, as it was told."""
        return self._told("state")

    def _told(self, what: str) -> str:
        webhook = self.callback.webhook if self.callback else None
        place = getattr(webhook, what) if webhook else None
        value = pointers.value(self.payload, place) if place else None
        return "" if value is None else str(value)

    @property
    def refusal(self) -> str:
        """Why it is not taken; empty if it is."""
        if self.callback is None:
            return "It is not a callback of a provider: its body has the fields of none."
        if self.signature in ("bad", "missing"):
            return f"Its signature is {self.signature}."
        return ""


class Recogniser:
    """Knows the callbacks of some providers.

    Args:
        secrets: any of which may have signed.
    """

    def __init__(self, contracts: Iterable[Contract], *, secrets: Sequence[str] = ()) -> None:
        self._callbacks = [one for contract in contracts for one in documented(contract)]
        self._secrets = secrets

    def recognise(self, headers: Mapping[str, str], body: bytes) -> Heard:
        """What has arrived; header names in lower case."""
        try:
            payload = read_json(body)
        except ValueError:
            payload = None
        if not isinstance(payload, dict):
            return Heard(None, payload, "none")
        callback, wrong = self._nearest(payload)
        if callback is None:
            return Heard(None, payload, "none")
        return Heard(callback, payload, self._standing(callback.contract, headers, body), wrong)

    def _nearest(self, payload: Mapping[str, Any]) -> tuple[Documented | None, tuple[Violation, ...]]:
        """The callback that the payload is, or else the one most of whose fields it has."""
        best: Documented | None = None
        most, broken = 0, tuple[Violation, ...]()
        for callback in self._callbacks:
            there = len(callback.required & set(payload))
            wrong = callback.wrong(payload)
            if there and not wrong:
                return callback, ()
            if there > most:
                best, most, broken = callback, there, wrong
        return best, broken

    def _standing(self, contract: Contract, headers: Mapping[str, str], body: bytes) -> Standing:
        signature = contract.callbacks.signature
        if signature is None:
            return "none"
        value = headers.get(signature.header.lower())
        if value is None:
            return "missing" if self._secrets else "none"
        if not self._secrets:
            return "unchecked"
        return "good" if any(verify(signature, secret, body, value) for secret in self._secrets) else "bad"
