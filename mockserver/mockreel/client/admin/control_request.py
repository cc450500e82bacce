"""One request to the control API, and what its response means."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import orjson

from mockreel.errors import ControlError, ControlUnreachable, DataError

DEFAULT_URL = "http://127.0.0.1:8700"
# Where the control API is below its port.
ROOT = "/_mockreel/"
VERSION_HEADER = "mockreel-version"
# How OpenSSL says that it does not trust a certificate.
_DISTRUSTED = "CERTIFICATE_VERIFY_FAILED"


class ControlConnection:
    """The connection to one control port; no proxy of the environment stands between."""

    def __init__(
        self, url: str, *, token: str | None, ca: Path | str | None, timeout: float, past: str | None = None
    ) -> None:
        self.url = url.rstrip("/").removesuffix(ROOT.rstrip("/"))
        self._past = "" if past is None else f"at/{quote(past, safe='')}/"
        headers = {"authorization": f"Bearer {token}"} if token else {}
        options: dict[str, Any] = {"verify": trusting(ca)} if ca else {}
        try:
            self._client = httpx2.Client(
                base_url=self.url + ROOT, headers=headers, timeout=timeout, trust_env=False, **options
            )
        except httpx2.InvalidURL as problem:
            raise ControlUnreachable(self.url, str(problem)) from problem

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, /, **query: Any) -> Mapping[str, Any]:
        asked = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", self._past + path, params=asked)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, patient: bool = False) -> Mapping[str, Any]:
        options: dict[str, Any] = {"timeout": None} if patient else {}
        content, headers = orjson.dumps(body or {}), {"content-type": "application/json"}
        return self._ask("POST", path, content=content, headers=headers, **options)

    def delete(self, path: str) -> Mapping[str, Any]:
        return self._ask("DELETE", path)

    def _ask(self, method: str, path: str, **options: Any) -> Mapping[str, Any]:
        try:
            reply = self._client.request(method, path, **options)
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            raise ControlUnreachable(self.url, _why(problem)) from problem
        if VERSION_HEADER not in reply.headers:
            raise ControlUnreachable(self.url, "what answers there is no mockreel")
        row: Mapping[str, Any] = orjson.loads(reply.content)
        if reply.is_success:
            return row
        detail = str(row.get("detail", reply.text))
        raise ControlError(reply.status_code, str(row.get("title", "")), detail, row.get("valid", ()))


def trusting(ca: Path | str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as problem:  # an ssl.SSLError is one too
        expected = "certificates in PEM form, as `serve --tls` names them while it runs"
        raise DataError(str(ca), f"it cannot be used ({problem})", expected=expected) from problem


def _why(problem: Exception) -> str:
    text = str(problem) or type(problem).__name__
    if _DISTRUSTED in text:
        return f"nobody vouches for its certificate: name the authority, --ca FILE or --ready-file PATH ({text})"
    return text
