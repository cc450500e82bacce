"""Files: fetch what a job made, and bring what it is to work on. No key goes along to where files are."""

import base64
import binascii
import contextlib
import mimetypes
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from mockreel.client.client_errors import NotOffered, ReplyNotUnderstood
from mockreel.client.deadlines import Deadline
from mockreel.client.flows import Core
from mockreel.client.http.steps import OutgoingRequest, Talk
from mockreel.client.profile import UploadStep
from mockreel.client.values import Outcome, Result, Uploaded
from mockreel.contract import pointers
from mockreel.errors import OptionError
from mockreel.whole_file import SHARED, writing_whole

MOST_REDIRECTS = 5


def url_of(what: Outcome | Result | str) -> str:
    """The address of what is to be fetched: of an outcome, its first file.

    Raises:
        OptionError: it has none.
    """
    url = what if isinstance(what, str) else what.url if isinstance(what, Result) else next(iter(what.urls), None)
    if url is None:
        raise OptionError("result", what, then="It has no file: a text stands in `text`, a failed job has nothing.")
    return url


def fetch(core: Core, url: str, into: BinaryIO, deadline: Deadline) -> Talk[None]:
    """Bring what stands at an address into a file. Redirects are followed; no key is sent along."""
    for _ in range(MOST_REDIRECTS + 1):
        what = f"download from {_shown(url)}"
        if url.startswith("data:"):
            into.write(_inline(url, what))
            return
        if urlsplit(url).scheme not in ("http", "https"):
            raise ReplyNotUnderstood(what, "it is neither an http nor an https address")
        response = yield from core.exchanges.ask(OutgoingRequest(what, "GET", url, into=into), deadline, redirects=True)
        if response.status == 200:
            return
        if response.status < 300:
            raise ReplyNotUnderstood(what, f"it answered {response.status} instead of a file")
        url = urljoin(url, response.headers["location"])
    raise ReplyNotUnderstood(f"download from {_shown(url)}", f"it was redirected more than {MOST_REDIRECTS} times")


@contextlib.contextmanager
def saving(to: Path) -> Iterator[BinaryIO]:
    """A file that is at its place only once it is whole."""
    with writing_whole(to, mode=SHARED) as file:
        yield file


def upload(core: Core, name: str, content: bytes, media_type: str | None, deadline: Deadline) -> Talk[Uploaded]:
    """Bring a file to the provider, in as many steps as it takes.

    Raises:
        NotOffered: the provider has no such thing.
    """
    if not core.profile.upload:
        then = "Give the model a public URL, or the file itself as a data: URI where its schema takes one."
        raise NotOffered(core.contract.title, "upload", then)
    kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    known: dict[str, Any] = {"name": name, "type": kind, "size": len(content)}
    for step in core.profile.upload:
        request = _ask(core, step, known, content)
        response = yield from core.exchanges.ask(request, deadline)
        for word, place in step.keep.items():
            value = pointers.text(response.json, (place,))
            if value is None:
                raise ReplyNotUnderstood(request.what, f"nothing stands at {place}")
            known[word] = value
    kept = {word: str(value) for word, value in known.items() if word not in ("name", "type", "size", "url")}
    return Uploaded(known["url"], kept)


def _ask(core: Core, step: UploadStep, known: Mapping[str, Any], content: bytes) -> OutgoingRequest:
    what = f"upload of {known['name']}"
    if step.put is not None:
        return OutgoingRequest(what, "PUT", _filled(step.put, known), {"content-type": known["type"]}, content)
    operation = core.contract.operation(step.operation or "")
    if step.file is not None:
        body, kind = _form(core, step.file, known, content)
        request = core.writer.ask(operation, what=what, headers={"content-type": kind})
        return OutgoingRequest(what, request.method, request.url, request.headers, body, request.key)
    params = {name: str(_filled(value, known)) for name, value in step.params.items()}
    return core.writer.ask(operation, what=what, params=params, body=_filled(step.body, known))


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


def _shown(url: str) -> str:
    """An address without its query, which may be a signature."""
    return "a data: URI" if url.startswith("data:") else url.partition("?")[0]
