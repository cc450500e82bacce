"""The gallery: servers broken on purpose, in one way each. The suite must catch all of them, and may know none."""

from conformance.saboteurs import (
    account_access,
    agreements,
    aimlapi_regressions,
    answers,
    attempts,
    bodies,
    calls,
    contradictions,
    counters,
    delayed_changes,
    job_ends,
    jobs,
    limits,
    money,
    outputs,
    paged_lists,
    records,
    result_files,
    runflow_regressions,
    runninghub_regressions,
    things,
)
from conformance.saboteurs.saboteur import Caught, Saboteur, run_checks

GALLERY: tuple[Saboteur, ...] = (
    *calls.GALLERY,
    *attempts.GALLERY,
    *answers.GALLERY,
    *bodies.GALLERY,
    *jobs.GALLERY,
    *records.GALLERY,
    *paged_lists.GALLERY,
    *result_files.GALLERY,
    *job_ends.GALLERY,
    *agreements.GALLERY,
    *account_access.GALLERY,
    *money.GALLERY,
    *outputs.GALLERY,
    *counters.GALLERY,
    *limits.GALLERY,
    *things.GALLERY,
    *contradictions.GALLERY,
    *delayed_changes.GALLERY,
    *runflow_regressions.GALLERY,
    *aimlapi_regressions.GALLERY,
    *runninghub_regressions.GALLERY,
)

__all__ = ["GALLERY", "Caught", "Saboteur", "run_checks"]
