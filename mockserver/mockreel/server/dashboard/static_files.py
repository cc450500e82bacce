"""The page's own files, and a stamp of them all: an address that carries it never means anything else."""

from functools import cache
from hashlib import blake2b

from starlette.responses import FileResponse, Response

from mockreel.server.dashboard.renderer import HERE
from mockreel.server.dashboard.security_headers import HEADERS

STATIC = HERE / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "private, max-age=31536000, immutable"


def static(name: str, *, stamped: str = "") -> Response:
    """One file by name; nothing outside the folder. It may be cached for ever if its URL has the stamp."""
    path = STATIC / name
    if path.parent != STATIC or path.suffix not in _TYPES or not path.is_file():
        return Response(status_code=404, headers=HEADERS)
    caching = _FOR_EVER if stamped == stamp() else "no-cache"
    return FileResponse(path, media_type=_TYPES[path.suffix], headers={**HEADERS, "cache-control": caching})


@cache
def stamp() -> str:
    """What the addresses of these files end with: another one when a file is another."""
    digest = blake2b(digest_size=6)
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()
