"""The page's own files."""

from starlette.responses import FileResponse, Response

from understudy.server.pages.headers import HEADERS
from understudy.server.pages.rendering import HERE

STATIC = HERE / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def static(name: str) -> Response:
    """One file by name; nothing outside the folder."""
    path = STATIC / name
    if path.parent != STATIC or path.suffix not in _TYPES or not path.is_file():
        return Response(status_code=404, headers=HEADERS)
    return FileResponse(path, media_type=_TYPES[path.suffix], headers={**HEADERS, "cache-control": "no-cache"})
