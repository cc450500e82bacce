"""Fetch clips and uploads from a provider's port, and take uploads in."""

import re
from typing import TYPE_CHECKING

from mockreel.contract.messages.message import Request, Response, problem
from mockreel.engine.artifacts import media
from mockreel.engine.artifacts.artifact import MEDIA, UPLOADS, of_job
from mockreel.engine.artifacts.uploads import Upload

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider

# Types that are safe in a header, whoever declared them.
_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}( ?; ?[\w.+-]{1,60}=[\w.+-]{1,60})?", re.ASCII)


def serve(provider: "Provider", request: Request) -> Response:
    """Answer a request for a clip or an upload on a provider's port."""
    if request.path.startswith(MEDIA) and request.method in ("GET", "HEAD"):
        return _clip(provider, request)
    if request.path.startswith(UPLOADS) and request.method in ("GET", "HEAD", "PUT"):
        return _upload(provider, request)
    here = f"There is nothing at {request.method} {request.path}: these are the addresses of {provider.contract.title}."
    return problem(404, "Not found", f"{here} The control API has its own port, which `serve` prints first.")


def _clip(provider: "Provider", request: Request) -> Response:
    name, _, _ = request.path.removeprefix(MEDIA).rpartition(".")
    job = provider.jobs.get(name)
    lifetime = provider.contract.wire.get("output_lifetime")
    if lifetime is not None and job is not None and job.ends is not None and provider.clock.now() > job.ends + lifetime:
        return problem(403, "Clip address expired", f"The contract gives it {lifetime} s after the end of its job.")
    return clip(provider, request, name)


def clip(provider: "Provider", request: Request, name: str) -> Response:
    """What a job made, whether or not its address has expired; `name` is the job's id."""
    job = provider.jobs.get(name)
    if job is None or job.state(provider.clock.now()).kind not in ("succeeded", "partial"):
        return problem(
            404, "No such clip", f"No job {name!r} of this mock server has made a clip. Clips live in memory."
        )
    artifact = of_job(provider, job)
    if not artifact.clip.file and artifact.own_content is None:
        return problem(404, "No such clip", "This job's result has its own URL.")
    content = artifact.content(stamp=job.id.encode())
    return _ranged(request, content, artifact.clip.mime, note=artifact.clip.difference)


def _upload(provider: "Provider", request: Request) -> Response:
    upload = provider.uploads.get(request.path.removeprefix(UPLOADS))
    if upload is None:
        return problem(404, "No such upload", "Nothing was announced under this address, or it has been forgotten.")
    if request.method == "PUT":
        return _receive(provider, request, upload)
    if upload.data is None:
        return problem(404, "Not uploaded yet", "The file was announced, but its bytes have not been sent.")
    mime = upload.mime if _TYPE.fullmatch(upload.mime) else "application/octet-stream"
    response = _ranged(request, upload.data, mime)
    # The uploader declares the type: a browser must not run it, whatever it is.
    return Response(response.status, response.body, (*response.headers, (b"content-security-policy", b"sandbox")))


def _receive(provider: "Provider", request: Request, upload: Upload) -> Response:
    if upload.expires is not None and provider.clock.now() > upload.expires:
        return problem(403, "Upload address expired", "Announce the file again to get a new address.")
    if len(request.body) > provider.settings.max_body:
        return problem(413, "Too large", f"The server accepts at most {provider.settings.max_body} bytes.")
    provider.uploads.store(upload.id, request.body)
    return Response(200, b"")


def _ranged(request: Request, content: bytes, mime: str, *, note: str = "") -> Response:
    """The bytes, or the requested range; `note` says how a clip differs from the request."""
    answer = media.ranged(
        content,
        mime=mime,
        header=_header(request, b"range"),
        if_range=_header(request, b"if-range"),
        if_none_match=_header(request, b"if-none-match"),
        head=request.method == "HEAD",
    )
    headers = tuple((name.lower().encode(), value.encode()) for name, value in answer.headers.items())
    clip_note = ((b"mockreel-clip", note.encode()),) if note else ()
    return Response(answer.status, answer.body, headers + clip_note)


def _header(request: Request, name: bytes) -> str | None:
    value = request.header(name)
    return value.decode("latin-1") if value is not None else None
