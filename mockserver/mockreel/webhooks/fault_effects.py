"""What a fault makes of a callback: when it leaves, what is sent in its place, and whether it is sent again."""

from dataclasses import dataclass, replace

from mockreel.contract.rows import Signature
from mockreel.engine.faults import Fault
from mockreel.webhooks.signature import sign
from mockreel.webhooks.transport import Outcome, Outgoing

# What nobody was ever shown.
STRANGE_SECRET = "a-secret-that-nobody-gave-out"

LATE = "callback-delayed"
HELD = "callback-out-of-order"
LOST = "callback-lost"
TWICE = "callback-duplicated"
BADLY_SIGNED = "callback-badly-signed"


@dataclass(frozen=True, slots=True)
class Signing:
    """How a delivery is signed: the row, and the secrets of its account, the present one first."""

    signature: Signature
    secrets: tuple[str, ...]

    def with_secret(self, secret: str, message: Outgoing) -> Outgoing:
        """The message with the signature that this secret gives, in place of its own or beside its other headers."""
        name = self.signature.header
        value = sign(self.signature, secret, message.body)
        if any(header == name for header, _ in message.headers):
            headers = tuple((header, value if header == name else own) for header, own in message.headers)
        else:
            headers = (*message.headers, (name, value))
        return replace(message, headers=headers)


def first_at(fault: Fault, now: float) -> float:
    """When the first attempt leaves."""
    if fault.name == LATE:
        return now + fault.number("seconds")
    return now + fault.number("within") if fault.name == HELD else now


def befalls(fault: Fault, number: int) -> bool:
    """Whether this attempt, counted from 1, is damaged."""
    if fault.name in (LATE, HELD):
        return number == 1
    if fault.name == TWICE:
        return number > 1
    return number <= fault.number("attempts")


def more_to_come(fault: Fault, taken: int) -> float | None:
    """After how many seconds a callback is sent again that was taken so often; None where it is not."""
    if fault.name != TWICE or taken >= fault.number("times"):
        return None
    return fault.number("every")


def lost(fault: Fault) -> Outcome | None:
    """What comes of an attempt that never arrives; None for one that is sent."""
    return Outcome(error="network", detail="lost on its way, as was wished") if fault.name == LOST else None


def damaged(fault: Fault, message: Outgoing, signing: Signing | None) -> Outgoing:
    """What is sent in place of a message."""
    if fault.name == "callback-oversized":
        return _blown_up(message, int(fault.number("bytes")), signing)
    if not fault.kind.signs or signing is None:
        return message
    former = signing.secrets[1:2] if fault.name == "callback-rotated-secret" else ()
    return signing.with_secret(former[0] if former else STRANGE_SECRET, message)


def _blown_up(message: Outgoing, size: int, signing: Signing | None) -> Outgoing:
    """With blanks behind it, and signed again where it was signed."""
    larger = replace(message, body=message.body.ljust(size))
    is_signed = signing is not None and any(name == signing.signature.header for name, _ in message.headers)
    return signing.with_secret(signing.secrets[0], larger) if signing and signing.secrets and is_signed else larger
