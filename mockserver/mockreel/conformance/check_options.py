"""What a run checks, and how thoroughly."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How much is checked: which models (all if empty), how thoroughly, from which seed, in how many seconds.

    `differential`: responses are also compared with those of a simulator of the contract; `session`: what no other
    check asks is asked for this comparison.
    """

    models: tuple[str, ...] = ()
    quick: bool = False
    seed: int = 0
    budget: float = 60.0
    differential: bool = False
    session: bool = True
