"""What goes over the wire: bodies from templates, moments, and what a generation says of itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from understudy import artifacts
from understudy.contract import State as JobState
from understudy.jobs import Job
from understudy.part import Part

_ABSENT: Any = object()


def fill(template: Any, words: Mapping[str, Any]) -> Any:
    """The template with every text that begins with `$` replaced by its word; a key without a word is left out."""
    if isinstance(template, str):
        return words.get(template, _ABSENT) if template.startswith("$") else template
    if isinstance(template, Mapping):
        return {key: found for key, part in template.items() if (found := fill(part, words)) is not _ABSENT}
    return [fill(part, words) for part in template] if isinstance(template, list) else template


def moment(at: float) -> str:
    """A moment as the provider writes it: UTC, milliseconds, `Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def generation(part: Part, job: Job, state: JobState, now: float) -> dict[str, Any]:
    """The words of a generation: its id, status and usage, and its video or its failure."""
    words = {"$id": job.id, "$status": state.word, "$credits": job.extra.credits, "$usd": job.extra.dollars}
    if state.kind == "succeeded":
        words["$url"] = artifacts.of_job(part, job).url
    elif state.kind == "failed":
        failure = job.failure(now) or part.contract.failures["default"]
        words |= {"$failure": failure.code, "$reason": failure.message, "$detail": failure.fields.get("detail", [])}
    return words
