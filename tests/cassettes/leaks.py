"""Look for secrets in what was written, by means of the tests' own: in every form in which one could be written."""

import base64
import gzip
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, unquote


def disguised(secret: str) -> Iterator[bytes]:
    """A secret in every form in which it could be written, found by means of our own."""
    raw = secret.encode()
    yield raw
    yield raw.hex().encode()
    yield quote(secret, safe="").encode()
    yield quote(unquote(secret), safe="").encode()
    yield unquote(secret).encode()
    for lead in (b"", b"a", b"ab"):
        text = base64.b64encode(lead + raw + b"zzz").decode()
        yield text[4 : (len(lead + raw) // 3) * 4].encode()


def written(folder: Path) -> bytes:
    """Every byte below a folder, names of files included; base64 undone, and what was folded unfolded."""
    found = [
        str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert found
    whole = b"\n".join(found)
    flat = re.sub(rb"\s+|\\\n\s*\\?", b"", whole)
    runs = [one[start:] for one in re.findall(rb"[A-Za-z0-9+/]{16,}", flat) for start in range(4)]
    texts = [base64.b64decode(one[: len(one) // 4 * 4]) for one in runs]
    return b"\n".join([whole, flat, *texts, *(_unpacked(text) for text in texts)])


def _unpacked(text: bytes) -> bytes:
    try:
        return gzip.decompress(text)
    except (OSError, EOFError):
        return b""


def left(folder: Path, secrets: Mapping[str, str]) -> list[str]:
    """The names of the secrets that stand in a folder, however disguised."""
    there = written(folder).lower()
    return [name for name, secret in secrets.items() if any(one.lower() in there for one in disguised(secret))]
