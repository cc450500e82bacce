"""What goes over the wire: bodies from templates, moments, and what a generation says of itself."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mockreel.contract import State as JobState
from mockreel.engine.artifacts import artifact
from mockreel.engine.jobs.job import Job
from mockreel.simulator.provider import Part

# Puts words into a template; a word that a template has and the mapping lacks leaves its key out.
Template = Callable[[Mapping[str, Any]], Any]

_ABSENT: Any = object()


def prepared(raw: Any) -> Template:
    """A template as data, made ready: every text in it that begins with `$` stands for a word."""
    if isinstance(raw, str) and raw.startswith("$"):
        name = raw.removeprefix("$")
        return lambda words: words.get(name, _ABSENT)
    if isinstance(raw, Mapping):
        return _mapping([(key, prepared(part)) for key, part in raw.items()])
    if isinstance(raw, list):
        parts = [prepared(part) for part in raw]
        return lambda words: [part(words) for part in parts]
    return lambda _: raw


def _mapping(parts: list[tuple[str, Template]]) -> Template:
    def whole(words: Mapping[str, Any]) -> Any:
        return {key: found for key, part in parts if (found := part(words)) is not _ABSENT}

    return whole


def fill(raw: Any, words: Mapping[str, Any]) -> Any:
    """A template filled once; what is filled often is prepared."""
    return prepared(raw)(words)


def moment(at: float) -> str:
    """A moment as the provider writes it: UTC, milliseconds, `Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def generation(part: Part, job: Job, state: JobState, now: float) -> dict[str, Any]:
    """The words of a generation: its id, status and usage, and its video or its failure."""
    words = {"id": job.id, "status": state.word, "credits": job.extra.credits, "usd": job.extra.dollars}
    if state.kind == "succeeded":
        words["url"] = artifact.of_job(part, job).url
    elif state.kind == "failed":
        failure = job.failure(now) or part.contract.failures["default"]
        words |= {"failure": failure.code, "reason": failure.message, "detail": failure.fields.get("detail", [])}
    return words
