"""What a finished run holds in `output`."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.engine.artifacts import artifact
from mockreel.engine.artifacts.artifact import Artifact
from mockreel.engine.jobs.job import Job
from mockreel.providers.runflow.timestamps import milliseconds
from mockreel.simulator.provider import Provider


def output(provider: Provider, job: Job) -> Mapping[str, Any]:
    """The output of a run that has succeeded, in the shape that the contract has for its model."""
    own: Mapping[str, Any] | None = artifact.own_body(provider, job)
    if own is not None:
        return own
    fields = artifact.fields_of(provider, job)
    result_file = artifact.of_job(provider, job)
    urls = list(_urls(provider, job, fields))
    shape = _shape(provider, job)
    if shape == "bare":
        return _bare(job, result_file, urls)
    return {shape: urls} if shape != "normalized" else _normalized(job, result_file, urls, fields)


def has_own_output(provider: Provider, job: Job) -> bool:
    """Whether a user gave the whole output as JSON."""
    return artifact.own_body(provider, job) is not None


def first_url(result: Mapping[str, Any]) -> str:
    """The address of the first artifact of an output, whatever its shape."""
    return urls_of(result)[0]


def urls_of(result: Mapping[str, Any]) -> list[str]:
    """The addresses of all artifacts of an output, whatever its shape."""
    return [str(one["url"] if isinstance(one, Mapping) else one) for one in next(iter(result.values()))]


def _shape(provider: Provider, job: Job) -> str:
    """The shape with the longest prefix that the model's id has."""
    shapes: Mapping[str, str] = provider.contract.wire["output_shape"]
    id_ = job.model.id if job.model else ""
    return shapes[max((prefix for prefix in shapes if id_.startswith(prefix)), key=len)]


def _urls(provider: Provider, job: Job, fields: Mapping[str, Any]) -> Iterator[str]:
    """One URL for each artifact; the media themselves if the input requests that."""
    inline = fields.get(provider.contract.wire["inline"]) is True
    return (_inline(job, made) if inline and _is_here(made) else made.url for made in artifact.every(provider, job))


def _is_here(file: Artifact) -> bool:
    """Whether its bytes are local: those at a user's URL are not."""
    return file.own_content is not None or bool(file.clip.file)


def _inline(job: Job, file: Artifact) -> str:
    content = b64encode(file.content(stamp=job.id.encode())).decode()
    return f"data:{file.clip.mime};base64,{content}"


def _bare(job: Job, file: Artifact, urls: list[str]) -> Mapping[str, Any]:
    """The normalized shape for a model that only defines where its results are."""
    outputs = [{"url": url, "type": file.kind} for url in urls]
    return {"outputs": outputs, "nsfw_detected": job.fields.get("nsfw_detected"), "seed": None, "timing": None}


def _normalized(job: Job, file: Artifact, urls: list[str], fields: Mapping[str, Any]) -> Mapping[str, Any]:
    clip = file.clip
    seconds = clip.seconds if file.kind == "video" else None
    size = {"type": file.kind, "width": clip.width, "height": clip.height, "duration": seconds}
    return {
        "outputs": [{"url": url, **size} for url in urls],
        "nsfw_detected": job.fields.get("nsfw_detected", False),
        "seed": _whole_number(fields.get("seed")),
        "timing": {"inference_ms": milliseconds((job.ends or job.created) - _last_left(job))},
    }


def _whole_number(value: Any) -> int | None:
    """A whole number as sent; None for anything else, which a model without a schema for it may accept."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _last_left(job: Job) -> float:
    """When the job entered the last state before its end."""
    begins = [begin for begin in job.plan.begins[:-1] if job.created + begin <= (job.ends or job.created)]
    return job.created + (begins[-1] if begins else 0.0)
