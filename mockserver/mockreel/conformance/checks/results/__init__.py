"""The results of jobs: their URLs, their files, and the requested properties."""

from mockreel.conformance.check import Check
from mockreel.conformance.checks.results import further_results, job_results, kept_uploads, result_media

CHECKS: tuple[Check, ...] = (
    *job_results.CHECKS,
    *result_media.CHECKS,
    *kept_uploads.CHECKS,
    *further_results.CHECKS,
)
