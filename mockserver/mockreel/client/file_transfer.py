"""Download the files of a job, and upload its inputs. File hosts get no key."""

import base64
import binascii
import contextlib
import mimetypes
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from mockreel.client.client_errors import NotOffered, ReplyNotUnderstood
from mockreel.client.deadlines import Deadline
from mockreel.client.flows import Core
from mockreel.client.http.steps import OutgoingRequest, Talk
from mockreel.client.http.whole_text import HALF, check_header, check_whole
from mockreel.client.profile import UploadStep
from mockreel.client.values import Outcome, Result, Uploaded
from mockreel.contract import pointers
from mockreel.errors import OptionError
from mockreel.whole_file import SHARED, writing_whole

MOST_REDIRECTS = 5


def url_of(what: Outcome | Result | str) -> str:
    """The URL to download; of an outcome, its first file.

    Raises:
        OptionError: there is no file.
    """
    url = what if isinstance(what, str) else what.url if isinstance(what, Result) else next(iter(what.urls), None)
    if url is None:
        raise OptionError("result", what, then="It has no file: `text` has a text; a failed job has no result.")
    return url


def fetch(core: Core, url: str, into: BinaryIO, deadline: Deadline) -> Talk[None]:
    """Download a URL into a file. Redirects are followed; no key is sent.

    Raises:
        OptionError: the URL cannot be sent.
    """
    check_whole("url", url)
    for _ in range(MOST_REDIRECTS + 1):
        what = f"download from {_without_query(url)}"
        if url.startswith("data:"):
            into.write(_inline(url, what))
            return
        if urlsplit(url).scheme not in ("http", "https"):
            raise ReplyNotUnderstood(what, "it is not an http or https URL")
        response = yield from core.exchanges.request(
            OutgoingRequest(what, "GET", url, into=into), deadline, redirects=True
        )
        if response.status == 200:
            return
        if response.status < 300:
            raise ReplyNotUnderstood(what, f"the response was {response.status} instead of a file")
        url = urljoin(url, response.headers["location"])
    raise ReplyNotUnderstood(
        f"download from {_without_query(url)}", f"it was redirected more than {MOST_REDIRECTS} times"
    )


@contextlib.contextmanager
def saving(to: Path) -> Iterator[BinaryIO]:
    """A temporary file that is moved to its place when it is complete.

    Raises:
        OptionError: no file can have that name.
    """
    _check_path("to", to)
    with writing_whole(to, mode=SHARED) as file:
        yield file


def _check_path(what: str, path: Path) -> None:
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise OptionError(what, str(path), then=f"It has {HALF}: no file can have that name.") from None


def upload(core: Core, path: Path, media_type: str | None, deadline: Deadline) -> Talk[Uploaded]:
    """Upload a file to the provider, in all steps that it requires.

    Raises:
        NotOffered: the provider has no uploads.
        OptionError: the file's name or its media type cannot be sent.
    """
    if not core.profile.upload:
        then = "Give the model a public URL, or the file itself as a data: URI if its schema accepts one."
        raise NotOffered(core.contract.title, "upload", then)
    _check_path("path", path)
    name = path.name
    check_whole("path", name)
    check_header("media_type", media_type or "")
    content = path.read_bytes()
    kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    known: dict[str, Any] = {"name": name, "type": kind, "size": len(content)}
    for step in core.profile.upload:
        request = _step_request(core, step, known, content)
        response = yield from core.exchanges.request(request, deadline)
        for name_, place in step.keep.items():
            value = pointers.text(response.json, (place,))
            if value is None:
                raise ReplyNotUnderstood(request.what, f"{place} is missing")
            known[name_] = value
    fields = {key: str(value) for key, value in known.items() if key not in ("name", "type", "size", "url")}
    return Uploaded(known["url"], fields)


def _step_request(core: Core, step: UploadStep, known: Mapping[str, Any], content: bytes) -> OutgoingRequest:
    what = f"upload of {known['name']}"
    if step.put is not None:
        return OutgoingRequest(what, "PUT", _filled(step.put, known), {"content-type": known["type"]}, content)
    operation = core.contract.operation(step.operation or "")
    if step.file is not None:
        body, kind = _form(core, step.file, known, content)
        request = core.writer.request(operation, what=what, headers={"content-type": kind})
        return OutgoingRequest(what, request.method, request.url, request.headers, body, request.key)
    params = {name: str(_filled(value, known)) for name, value in step.params.items()}
    return core.writer.request(operation, what=what, params=params, body=_filled(step.body, known))


def _filled(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(inner, known) for name, inner in value.items()}
    return known[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def _form(core: Core, field: str, known: Mapping[str, Any], content: bytes) -> tuple[bytes, str]:
    """A form with one file, and its content type."""
    boundary = core.timing.word()
    name = str(known["name"]).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    kind = f"Content-Type: {known['type']}\r\n\r\n"
    return (
        head + kind
    ).encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _inline(url: str, what: str) -> bytes:
    """The bytes of a `data:` URI."""
    head, comma, data = url.partition(",")
    try:
        raw = unquote_to_bytes(data)
        found = base64.b64decode(raw, validate=True) if head.endswith(";base64") else raw
    except binascii.Error:
        comma, found = "", b""
    if not comma:
        raise ReplyNotUnderstood(what, "it is not a readable data: URI")
    return found


def _without_query(url: str) -> str:
    """A URL without its query, which may have a signature."""
    return "a data: URI" if url.startswith("data:") else url.partition("?")[0]
