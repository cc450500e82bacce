"""What a finished job made: which real file answers the request, where it is fetched, and fetching it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from understudy import media
from understudy.contract import Model
from understudy.jobs import Job
from understudy.messages import Reply, Request, problem
from understudy.pricing import Cost, cost
from understudy.uploads import Upload

if TYPE_CHECKING:
    from understudy.part import Part

MEDIA = "/_understudy/media/"
UPLOADS = "/_understudy/uploads/"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file that a job made; lengths in seconds, sizes in pixels."""

    url: str
    clip: media.Clip

    @property
    def kind(self) -> str:
        return self.clip.kind


def of_job(part: "Part", job: Job) -> Artifact:
    """The artifact of a job that has succeeded."""
    clip = media.pick(wanted(part, job.model, fields_of(part, job)))
    return Artifact(f"{part.base_url}{MEDIA}{quote(job.id, safe='')}{clip.suffix}", clip)


def fields_of(part: "Part", job: Job) -> Mapping[str, Any]:
    """The model's input as the job was given it."""
    if not job.request:
        return {}
    body = orjson.loads(job.request)
    return body if isinstance(body, Mapping) else {}


def price_of(part: "Part", model: Model, fields: Mapping[str, Any]) -> Cost:
    """What one job with this input costs; prices per second count the seconds that it asks for."""
    return cost(model, fields, seconds=wanted(part, model, fields).seconds)


def wanted(part: "Part", model: Model | None, fields: Mapping[str, Any]) -> media.Wanted:
    """What file a model's input asks for; the contract says which fields mean what."""
    rows: Mapping[str, Any] = part.contract.root.get("media", {})
    last: Mapping[str, Any] = rows.get("defaults", {})
    own: Mapping[str, Any] = {**(model.defaults if model else {}), **fields}

    def value(what: str) -> Any:
        found = next((own[name] for name in rows.get(what, []) if own.get(name) is not None), None)
        fixed = model.media.get(what) if model else None
        return found if found is not None else fixed if fixed is not None else last.get(what)

    sound = value("audio")
    return media.Wanted(
        kind=model.output if model else last.get("kind", "video"),
        seconds=seconds(value("duration")),
        resolution=_text(value("resolution")),
        aspect=_text(value("aspect")),
        sound=sound if isinstance(sound, bool) else _text(sound) == "true",
    )


def seconds(value: Any) -> float | None:
    """A length as the providers write it: `8`, `"8"`, `"8s"`; None where it is none of these."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    digits = str(value).strip().lower().removesuffix("s")
    try:
        return float(digits)
    except ValueError:
        return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def serve(part: "Part", request: Request) -> Reply:
    """Answer a request for a clip or an upload on a provider's port."""
    if request.path.startswith(MEDIA) and request.method in ("GET", "HEAD"):
        return _clip(part, request)
    if request.path.startswith(UPLOADS) and request.method in ("GET", "HEAD", "PUT"):
        return _upload(part, request)
    return problem(404, "Not found", f"The stand-in has nothing for {request.method} {request.path}.")


def _clip(part: "Part", request: Request) -> Reply:
    name, _, _ = request.path.removeprefix(MEDIA).rpartition(".")
    job = part.jobs.get(name)
    if job is None or job.state(part.clock.now()).kind not in ("succeeded", "partial"):
        return problem(404, "No such clip", f"No job {name!r} of this stage has made a clip. Clips live in memory.")
    artifact = of_job(part, job)
    content = media.content(artifact.clip, stamp=job.id.encode())
    return _ranged(request, content, artifact.clip.mime)


def _upload(part: "Part", request: Request) -> Reply:
    upload = part.uploads.get(request.path.removeprefix(UPLOADS))
    if upload is None:
        return problem(404, "No such upload", "Nothing was announced under this address, or it has been forgotten.")
    if request.method == "PUT":
        return _take(part, request, upload)
    if upload.data is None:
        return problem(404, "Not uploaded yet", "The file was announced, but its bytes have not been sent.")
    return _ranged(request, upload.data, upload.mime)


def _take(part: "Part", request: Request, upload: Upload) -> Reply:
    if upload.expires is not None and part.clock.now() > upload.expires:
        return problem(403, "Upload address expired", "Announce the file again to get a new address.")
    if len(request.body) > part.settings.max_body:
        return problem(413, "Too large", f"The stand-in takes {part.settings.max_body} bytes at most.")
    part.uploads.store(upload.id, request.body)
    return Reply(200, b"")


def _ranged(request: Request, content: bytes, mime: str) -> Reply:
    answer = media.ranged(
        content,
        mime=mime,
        header=_header(request, b"range"),
        if_range=_header(request, b"if-range"),
    )
    headers = tuple((name.lower().encode(), value.encode()) for name, value in answer.headers.items())
    return Reply(answer.status, b"" if request.method == "HEAD" else answer.body, headers)


def _header(request: Request, name: bytes) -> str | None:
    value = request.header(name)
    return value.decode("latin-1") if value is not None else None
