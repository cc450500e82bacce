"""The gallery: servers broken on purpose, in one way each. The suite must catch all of them, and may know none."""

from conformance.saboteurs import (
    agreements,
    answers,
    attempts,
    bodies,
    calls,
    counters,
    jobs,
    limits,
    money,
    outputs,
    records,
    things,
)
from conformance.saboteurs.saboteur import Caught, Saboteur, caught

GALLERY: tuple[Saboteur, ...] = (
    *calls.GALLERY,
    *attempts.GALLERY,
    *answers.GALLERY,
    *bodies.GALLERY,
    *jobs.GALLERY,
    *records.GALLERY,
    *agreements.GALLERY,
    *money.GALLERY,
    *outputs.GALLERY,
    *counters.GALLERY,
    *limits.GALLERY,
    *things.GALLERY,
)

__all__ = ["GALLERY", "Caught", "Saboteur", "caught"]
