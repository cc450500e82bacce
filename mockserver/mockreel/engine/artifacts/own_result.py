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

# Under this name a job's plan says which result of one's own it has.
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
    """The results of one's own that a simulator knows; files are held here, whatever becomes of them on disk."""

    def __init__(self) -> None:
        self._known: dict[str, OwnResult] = {}

    def of(self, text: str | None) -> OwnResult | None:
        """The result of that name; None where it is not held, as after a snapshot was loaded elsewhere."""
        if text is None:
            return None
        if text not in self._known and (found := _from_text(text)) is not None:
            self._known[text] = found
        return self._known.get(text)

    def keep(self, given: Any, *, files: bool = False) -> OwnResult:
        """Read a result and hold it.

        Args:
            given: JSON (a mapping, a list or its text), a URL, a `data:` URI, the name of one that is held, or a path.
            files: whether a path may be given; who asks over HTTP must not read this machine's files.

        Raises:
            OptionError: it is none of these, or the file cannot be read.
        """
        found = self._read(given, files=files)
        return self._known.setdefault(found.text, found)

    def _read(self, given: Any, *, files: bool) -> OwnResult:
        if isinstance(given, Mapping | list):
            text = orjson.dumps(given).decode()
            return OwnResult(text, body=given)
        if isinstance(given, str) and given in self._known:
            return self._known[given]
        found = _from_text(given) if isinstance(given, str) else None
        if found is not None:
            return found
        if str(given).startswith(_HASH):
            raise OptionError("result", given, then="This server does not hold that file: give it again with --result.")
        if isinstance(given, str | Path) and str(given) and files:
            return _from_file(Path(given))
        raise OptionError("result", given, then=f"It is {_WRITTEN}.")


def portable(given: str) -> Any:
    """A result as it can be sent to a server that must not read files: a path as its JSON or as a data URI.

    Raises:
        OptionError: it cannot be read, or its ending says nothing.
    """
    if given.startswith(_HASH) or _from_text(given) is not None:
        return given
    found = _from_file(Path(given))
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
        return _held(b64decode(data, validate=True), suffix)
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
    return _held(content, suffix)


def _held(content: bytes, suffix: str) -> OwnResult:
    text = f"{_HASH}{hashlib.sha256(content).hexdigest()}{suffix}"
    return OwnResult(text, clip=_clip(text, suffix), content=content)


def _clip(name: str, suffix: str) -> Clip:
    """What is said of a file that nobody has looked into."""
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
        says="",
        file="",
    )
