"""What the package keeps for itself."""

from dataclasses import dataclass


@dataclass(slots=True)
class Memory:
    """The secret that callbacks are signed with."""

    secret: str
