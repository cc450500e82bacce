"""Send a request to the control API and read its response."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import orjson

from mockreel.client.http.json_writer import to_json
from mockreel.client.http.whole_text import check_whole
from mockreel.contract.messages.version_header import VERSION_HEADER
from mockreel.engine.redaction.transport_reason import transport_reason
from mockreel.errors import ControlError, ControlUnreachable, DataError, OptionError

DEFAULT_URL = "http://127.0.0.1:8700"
# The path prefix of the control API.
ROOT = "/_mockreel/"
# OpenSSL's message for an untrusted certificate.
_DISTRUSTED = "CERTIFICATE_VERIFY_FAILED"


class ControlConnection:
    """The connection to one control port, which ignores proxy variables."""

    def __init__(
        self, url: str, *, token: str | None, ca: Path | str | None, timeout: float, past: str | None = None
    ) -> None:
        self.url = url.rstrip("/").removesuffix(ROOT.rstrip("/"))
        self._past = "" if past is None else f"at/{quote(past, safe='')}/"
        check_url(url)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        options: dict[str, Any] = {"verify": trusting(ca)} if ca else {}
        try:
            self._client = httpx2.Client(
                base_url=self.url + ROOT, headers=headers, timeout=timeout, trust_env=False, **options
            )
        except httpx2.InvalidURL as problem:
            raise ControlUnreachable(self.url, transport_reason(problem)) from problem

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, /, **query: Any) -> Mapping[str, Any]:
        parameters = {name: value for name, value in query.items() if value is not None}
        for name, value in parameters.items():
            check_whole(name, str(value))
        return self._request("GET", self._past + path, params=parameters)

    def get_slowly(self, path: str) -> Mapping[str, Any]:
        """The same however long it takes."""
        return self._request("GET", self._past + path, timeout=None)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, patient: bool = False) -> Mapping[str, Any]:
        options: dict[str, Any] = {"timeout": None} if patient else {}
        headers = {"content-type": "application/json"}
        return self._request("POST", path, content=_json(body or {}), headers=headers, **options)

    def delete(self, path: str) -> Mapping[str, Any]:
        return self._request("DELETE", path)

    def _request(self, method: str, path: str, **options: Any) -> Mapping[str, Any]:
        try:
            response = self._client.request(method, path, **options)
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            raise ControlUnreachable(self.url, _reason(problem)) from problem
        if VERSION_HEADER not in response.headers:
            raise ControlUnreachable(self.url, "the server there is not mockreel")
        row: Mapping[str, Any] = orjson.loads(response.content)
        if response.is_success:
            return row
        detail = str(row.get("detail", response.text))
        raise ControlError(response.status_code, str(row.get("title", "")), detail, row.get("valid", ()))


def _json(body: Mapping[str, Any]) -> bytes:
    """A body as JSON.

    Raises:
        OptionError: JSON cannot express it.
    """
    try:
        return orjson.dumps(body)
    except TypeError:  # an integer beyond 64 bits, which the server is to judge, or half of a character
        return to_json(body)


def check_url(url: str) -> None:
    """Check that an address of a control port has its scheme.

    Raises:
        OptionError: it has none.
    """
    if not url.startswith(("http://", "https://")):
        raise OptionError("url", url, ["http://HOST:PORT", "https://HOST:PORT"], then="Write it with its scheme.")


def trusting(ca: Path | str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as problem:  # an ssl.SSLError is one too
        expected = "certificates in PEM form, as `serve --tls` names them while it runs"
        raise DataError(str(ca), f"it cannot be used ({problem})", expected=expected) from problem


def _reason(problem: Exception) -> str:
    text = transport_reason(problem)
    if _DISTRUSTED in text:
        return f"its certificate is not trusted: name the authority, --ca FILE or --ready-file PATH ({text})"
    return text
