"""A result of one's own in place of a packed clip: a file, an address, or the JSON that a job answers with."""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from mockreel.engine.artifacts.media.clip import Clip
from mockreel.errors import OptionError

# The field of a job's plan that names its custom result.
OWN_RESULT: Final = "own_result"
# By ending: what it is, and its type.
_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    ".mp4": ("video", "video/mp4"),
    ".mov": ("video", "video/quicktime"),
    ".webm": ("video", "video/webm"),
    ".png": ("image", "image/png"),
    ".jpg": ("image", "image/jpeg"),
    ".jpeg": ("image", "image/jpeg"),
    ".webp": ("image", "image/webp"),
    ".gif": ("image", "image/gif"),
    ".mp3": ("audio", "audio/mpeg"),
    ".wav": ("audio", "audio/wav"),
    ".glb": ("3d", "model/gltf-binary"),
    ".txt": ("text", "text/plain"),
}
_HASH: Final = "sha256:"
_WRITTEN: Final = "a URL, JSON, a data: URI, or on the command line and in tests a file"


@dataclass(frozen=True, slots=True)
class OwnResult:
    """One result. `text` names it: in rules, in jobs and in snapshots; a file's is its hash."""

    text: str
    clip: Clip | None = None
    url: str | None = None
    content: bytes | None = None
    body: Any = None

    @property
    def json_type(self) -> str:
        """What JSON it is: `array` or `object`."""
        return "array" if isinstance(self.body, list) else "object"


class OwnResults:
    """The custom results of a simulator; files are held here, even if they change on disk."""

    def __init__(self) -> None:
        self._by_text: dict[str, OwnResult] = {}

    def of(self, text: str | None) -> OwnResult | None:
        """The result of that name; None where it is not held, as after a snapshot was loaded elsewhere."""
        if text is None:
            return None
        if text not in self._by_text and (found := _from_text(text)) is not None:
            self._by_text[text] = found
        return self._by_text.get(text)

    def keep(self, value: Any, *, files: bool = False) -> OwnResult:
        """Read a result and store it.

        Args:
            value: JSON (a mapping, a list or its text), a URL, a `data:` URI, the name of a stored one, or a path.
            files: whether a path is allowed; HTTP clients must not read this machine's files.

        Raises:
            OptionError: it is none of these, or the file cannot be read.
        """
        found = self._read(value, files=files)
        return self._by_text.setdefault(found.text, found)

    def _read(self, value: Any, *, files: bool) -> OwnResult:
        if isinstance(value, Mapping | list):
            text = orjson.dumps(value).decode()
            return OwnResult(text, body=value)
        if isinstance(value, str) and value in self._by_text:
            return self._by_text[value]
        found = _from_text(value) if isinstance(value, str) else None
        if found is not None:
            return found
        if str(value).startswith(_HASH):
            raise OptionError("result", value, then="This server does not have that file: pass it again with --result.")
        if isinstance(value, str | Path) and str(value) and files:
            return _from_file(Path(value))
        raise OptionError("result", value, then=f"It is {_WRITTEN}.")


def portable(value: str) -> Any:
    """A result as it can be sent to a server that must not read files: a path as its JSON or as a data URI.

    Raises:
        OptionError: it cannot be read, or its ending is unknown.
    """
    if value.startswith(_HASH) or _from_text(value) is not None:
        return value
    found = _from_file(Path(value))
    if found.clip is None or found.content is None:
        return found.body
    return f"data:{found.clip.mime};base64,{b64encode(found.content).decode()}"


def _from_text(text: str) -> OwnResult | None:
    """A URL, JSON or a data URI; None for anything else."""
    if text.startswith(("http://", "https://")):
        suffix = PurePosixPath(urlsplit(text).path).suffix.lower()
        return OwnResult(text, clip=_clip(text, suffix if suffix in _TYPES else ".mp4"), url=text)
    if text.lstrip()[:1] in ("{", "["):
        return OwnResult(text, body=_json(text))
    return _from_data_uri(text) if text.startswith("data:") else None


def _json(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise OptionError("result", text[:40], then=f"It begins like JSON, and is none ({problem}).") from problem


def _from_data_uri(text: str) -> OwnResult:
    head, _, data = text.partition(",")
    mime = head.removeprefix("data:").removesuffix(";base64")
    suffix = next((ending for ending, (_, known) in _TYPES.items() if known == mime), None)
    if suffix is None or not head.endswith(";base64"):
        then = f"As data:video/mp4;base64,…; types: {', '.join(dict.fromkeys(mime for _, mime in _TYPES.values()))}."
        raise OptionError("result", text[:40], then=then)
    try:
        return _unread_result(b64decode(data, validate=True), suffix)
    except NotBase64 as problem:
        raise OptionError("result", text[:40], then=f"Its Base64 cannot be decoded ({problem}).") from problem


def _from_file(path: Path) -> OwnResult:
    suffix = path.suffix.lower()
    if suffix not in (*_TYPES, ".json"):
        raise OptionError("result", str(path), then=f"It is {_WRITTEN} that ends in {', '.join([*_TYPES, '.json'])}.")
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise OptionError("result", str(path), then=f"The file cannot be read ({problem.strerror}).") from problem
    if suffix == ".json":
        return OwnResult(content.decode("utf-8", "replace"), body=_json(content))
    return _unread_result(content, suffix)


def _unread_result(content: bytes, suffix: str) -> OwnResult:
    text = f"{_HASH}{hashlib.sha256(content).hexdigest()}{suffix}"
    return OwnResult(text, clip=_clip(text, suffix), content=content)


def _clip(name: str, suffix: str) -> Clip:
    """The properties of a file whose content was not read."""
    kind, mime = _TYPES[suffix]
    return Clip(
        name=name,
        kind=kind,
        mime=mime,
        suffix=suffix,
        width=None,
        height=None,
        seconds=None,
        sound=True,
        exact=True,
        difference="",
        file="",
    )
