"""The effects of a fault on a callback: when it is sent, what is sent instead, and whether it is repeated."""

from dataclasses import dataclass, replace

from mockreel.contract.data.webhook_rows import Signature
from mockreel.engine.faults import Fault
from mockreel.webhooks.signature import sign
from mockreel.webhooks.transport import Outcome, Outgoing

# A secret of no account.
STRANGE_SECRET = "a-secret-that-nobody-gave-out"

LATE = "callback-delayed"
HELD = "callback-out-of-order"
LOST = "callback-lost"
TWICE = "callback-duplicated"
BADLY_SIGNED = "callback-badly-signed"


@dataclass(frozen=True, slots=True)
class Signing:
    """How a delivery is signed: the signature's row, and the secrets of its account, the current one first."""

    signature: Signature
    secrets: tuple[str, ...]

    def with_secret(self, secret: str, message: Outgoing) -> Outgoing:
        """The message with a signature by this secret instead of its own, or added to its headers."""
        name = self.signature.header
        value = sign(self.signature, secret, message.body)
        if any(header == name for header, _ in message.headers):
            headers = tuple((header, value if header == name else original) for header, original in message.headers)
        else:
            headers = (*message.headers, (name, value))
        return replace(message, headers=headers)


def first_at(fault: Fault, now: float) -> float:
    """The time of the first attempt."""
    if fault.name == LATE:
        return now + fault.number("seconds")
    return now + fault.number("within") if fault.name == HELD else now


def applies(fault: Fault, number: int) -> bool:
    """Whether the fault applies to this attempt, counted from 1."""
    if fault.name in (LATE, HELD):
        return number == 1
    if fault.name == TWICE:
        return number > 1
    return number <= fault.number("attempts")


def repeated_after(fault: Fault, deliveries: int) -> float | None:
    """The seconds until an accepted callback is sent again after so many deliveries; None if it is not."""
    if fault.name != TWICE or deliveries >= fault.number("times"):
        return None
    return fault.number("every")


def lost_outcome(fault: Fault) -> Outcome | None:
    """The outcome of an attempt that never arrives; None for one that is sent."""
    return Outcome(error="network", detail="lost on its way, as was wished") if fault.name == LOST else None


def damaged(fault: Fault, message: Outgoing, signing: Signing | None) -> Outgoing:
    """The message to send instead."""
    if fault.name == "callback-oversized":
        return _blown_up(message, int(fault.number("bytes")), signing)
    if not fault.kind.signs or signing is None:
        return message
    former = signing.secrets[1:2] if fault.name == "callback-rotated-secret" else ()
    return signing.with_secret(former[0] if former else STRANGE_SECRET, message)


def _blown_up(message: Outgoing, size: int, signing: Signing | None) -> Outgoing:
    """The message padded with blanks, and signed again if it was signed."""
    larger = replace(message, body=message.body.ljust(size))
    is_signed = signing is not None and any(name == signing.signature.header for name, _ in message.headers)
    return signing.with_secret(signing.secrets[0], larger) if signing and signing.secrets and is_signed else larger
