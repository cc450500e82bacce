"""Wire formats: timestamps, and the members for a generation and its file."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mockreel.contract import State as JobState
from mockreel.engine.artifacts import artifact, media
from mockreel.engine.jobs.job import Job
from mockreel.simulator.provider import Provider


def moment(at: float) -> str:
    """A moment as the provider writes it: UTC, milliseconds, `Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def generation(provider: Provider, job: Job, state: JobState, now: float) -> dict[str, Any]:
    """The words of a generation: its id, status and usage, and its video or its failure."""
    words = {"id": job.id, "status": state.word, "credits": job.extra.credits, "usd": job.extra.dollars}
    if state.kind == "succeeded":
        words["url"] = artifact.of_job(provider, job).url
    elif state.kind == "failed":
        failure = job.failure(now) or provider.contract.failures["default"]
        words |= {"failure": failure.code, "reason": failure.message, "detail": failure.fields.get("detail", [])}
    return words


def own_members(provider: Provider, job: Job) -> Mapping[str, Any]:
    """The members of a finished response that a user set as the job's result; none without one."""
    members: Mapping[str, Any] = artifact.own_body(provider, job) or {}
    return members


def file_words(provider: Provider, job: Job) -> dict[str, Any]:
    """The members of a finished video beside its URL on the older routes: its type, name and size."""
    clip = artifact.of_job(provider, job).clip
    return {
        "content_type": clip.mime,
        "file_name": provider.contract.wire["file_name"].format(suffix=clip.suffix),
        "file_size": len(media.content(clip, stamp=job.id.encode())),
    }
