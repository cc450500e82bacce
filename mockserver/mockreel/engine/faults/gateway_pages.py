"""Error pages of a gateway in front of a provider, and of the storage beside it: HTML and XML."""

from mockreel.contract.messages.message import Response

_TITLES = {
    "429": "Too many requests",
    "502": "Bad gateway",
    "503": "Service temporarily unavailable",
    "504": "Gateway time-out",
    "524": "The origin took too long",
}
_PAGE = (
    "<!doctype html>\n<html>\n<head><title>{status} {title}</title></head>\n"
    "<body>\n<h1>{title}</h1>\n<p>The gateway got no answer that it could pass on.</p>\n</body>\n</html>\n"
)


def page(status: str) -> Response:
    body = _PAGE.format(status=status, title=_TITLES[status]).encode()
    return Response(int(status), body, ((b"content-type", b"text/html; charset=utf-8"),))


# Errors of object storages, by status: Runflow's upload page documents the first, the others are S3's own.
_STORAGE = {"403": ("AccessDenied", "Request has expired"), "404": ("NoSuchKey", "The specified key does not exist.")}
_MISSING = ("NoSuchKey", "The object is gone.")


def storage_error(status: str) -> Response:
    """What a storage answers for an address that has expired."""
    code, message = _STORAGE.get(status, _MISSING)
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(int(status), body.encode(), ((b"content-type", b"application/xml"),))
