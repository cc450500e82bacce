"""The results of jobs: their URLs, their files, and the requested properties."""

from mockreel.conformance.check import Check
from mockreel.conformance.checks.results import further_results, job_results, result_media, uploaded_content

CHECKS: tuple[Check, ...] = (
    *job_results.CHECKS,
    *result_media.CHECKS,
    *uploaded_content.CHECKS,
    *further_results.CHECKS,
)
