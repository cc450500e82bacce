"""The gallery: servers broken on purpose, in one way each. The suite must catch all of them, and may know none."""

from conformance.saboteurs.accounts import account_access, agreements, money, things
from conformance.saboteurs.jobs import counters, delayed_changes, histories, job_ends, jobs, records
from conformance.saboteurs.providers import (
    aimlapi_changes,
    aimlapi_regressions,
    runflow_changes,
    runflow_regressions,
    runninghub_changes,
    runninghub_regressions,
)
from conformance.saboteurs.requests import (
    answers,
    bodies,
    combinations,
    contradictions,
    limits,
    paged_lists,
    parameters,
)
from conformance.saboteurs.results import outputs, result_files
from conformance.saboteurs.saboteur import Caught, Saboteur, run_checks
from conformance.saboteurs.webhooks import attempts, calls

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
    *histories.GALLERY,
    *parameters.GALLERY,
    *combinations.GALLERY,
    *runflow_regressions.GALLERY,
    *aimlapi_regressions.GALLERY,
    *runninghub_regressions.GALLERY,
    *runflow_changes.GALLERY,
    *aimlapi_changes.GALLERY,
    *runninghub_changes.GALLERY,
)

__all__ = ["GALLERY", "Caught", "Saboteur", "run_checks"]
