"""Fetch pages one at a time, each only if it has changed, and report the outcome of each."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2

from mockreel import __version__
from mockreel.authoring.fetch.source_addresses import SourcePage
from mockreel.contract.data.data_files import read_document
from mockreel.engine.redaction.transport_reason import transport_reason
from mockreel.engine.redaction.url_redaction import masked_url
from mockreel.errors import DataError
from mockreel.whole_file import SHARED, writing_whole

Outcome = Literal["new", "changed", "same", "failed"]
STATE = "fetched.json"
_ACCEPT = "text/markdown, application/json;q=0.9, text/plain;q=0.8, text/html;q=0.5, */*;q=0.1"
_ETAG, _DATE = "etag", "last-modified"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits: bytes of a page, seconds for a page, seconds between two requests to a host, redirects.

    A page may take `timeout` seconds until something comes, and ten times as long until all of it has come.
    """

    most_bytes: int = 8 * 1024 * 1024
    timeout: float = 30.0
    pause: float = 1.0
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Fetched:
    """The outcome for one page; `why` is the reason of a failure."""

    page: SourcePage
    outcome: Outcome
    why: str = ""

    def line(self) -> str:
        """The outcome as text."""
        outcome = f"{self.outcome:<8}{self.page.provider} {self.page.source}  {self.page.url}"
        return f"{outcome}: {self.why}" if self.why else f"{outcome} -> {self.page.file}"


# So much of an address is shown.
_MOST_SHOWN = 200
# How many times the timeout a whole page may take.
_WHOLE = 10


class _Failure(Exception):
    """Why a page was not fetched."""


def fetch(
    pages: Iterable[SourcePage],
    out: Path,
    *,
    limits: Limits,
    pause: Callable[[float], None],
    again: bool = False,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Fetched]:
    """Fetch pages into a folder, one after the other; a page that fails leaves the old file.

    Args:
        pages: what to fetch.
        out: the folder; its `fetched.json` records the fetched pages.
        limits: sizes, timeouts and pauses.
        pause: waits for so many seconds.
        again: fetch every page, even if it has not changed.
        now: seconds of a monotonic clock.
    """
    fetcher = _Fetcher(out, limits, pause, again=again, now=now)
    with httpx2.Client(timeout=limits.timeout, headers={"User-Agent": _agent(), "Accept": _ACCEPT}) as client:
        for page in pages:
            yield fetcher.one(client, page)


def _agent() -> str:
    return f"mockreel/{__version__} (reads public docs; one request at a time)"


class _Fetcher:
    """One run; it remembers the pages of earlier runs and the hosts of this one."""

    def __init__(
        self, out: Path, limits: Limits, pause: Callable[[float], None], *, again: bool, now: Callable[[], float]
    ) -> None:
        self.out = out
        self.limits = limits
        self.pause = pause
        self.again = again
        self.now = now
        self.hosts: set[str] = set()
        path = out / STATE
        self.state: dict[str, Any] = read_document(path) if path.is_file() else {}

    def one(self, client: httpx2.Client, page: SourcePage) -> Fetched:
        """Fetch one page, and keep it if it differs."""
        try:
            content, validators = self._request(client, page)
        except _Failure as failure:
            return Fetched(page, "failed", str(failure))
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            return Fetched(page, "failed", f"{type(problem).__name__}: {transport_reason(problem)}")
        if content is None:
            return Fetched(page, "same")
        target = self.out / page.file
        there = target.read_bytes() if target.is_file() else None
        _write(target, content)
        self.state[page.url] = {"file": page.file, **validators}
        _write(self.out / STATE, json.dumps(self.state, indent=1, sort_keys=True).encode() + b"\n")
        return Fetched(page, "new" if there is None else "same" if there == content else "changed")

    def _request(self, client: httpx2.Client, page: SourcePage) -> tuple[bytes | None, Mapping[str, str]]:
        url = page.url
        ends = self.now() + _WHOLE * self.limits.timeout
        for _ in range(self.limits.redirects + 1):
            self._wait(url)
            with client.stream("GET", url, headers=self._conditions(page), follow_redirects=False) as response:
                if response.status_code == 304:
                    return None, {}
                if not response.is_redirect:
                    return self._body(response, ends), _validators(response.headers)
                url = _moved(url, response.headers)
        raise _Failure(f"moved more than {self.limits.redirects} times")

    def _wait(self, url: str) -> None:
        host = urlsplit(url).netloc
        if host in self.hosts:
            self.pause(self.limits.pause)
        self.hosts.add(host)

    def _conditions(self, page: SourcePage) -> dict[str, str]:
        """Headers that request the page only if it has changed since it was fetched and is still there."""
        stored = self.state.get(page.url, {})
        if self.again or not (self.out / page.file).is_file():
            return {}
        names = {_ETAG: "If-None-Match", _DATE: "If-Modified-Since"}
        kept = stored if isinstance(stored, dict) else {}
        return {header: kept[name] for name, header in names.items() if _is_sendable(kept.get(name))}

    def _body(self, response: httpx2.Response, ends: float) -> bytes:
        if response.status_code != 200:
            raise _Failure(f"answered with {response.status_code}")
        most = self.limits.most_bytes
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > most:
                raise _Failure(f"larger than {most} bytes")
            if self.now() > ends:
                raise _Failure(f"not complete within {_WHOLE * self.limits.timeout:g} s")
        if not content.strip():
            raise _Failure("empty")
        return bytes(content)


def _moved(url: str, headers: Mapping[str, str]) -> str:
    """The target of a redirect; one away from https is an error."""
    target = httpx2.URL(url).join(headers.get("location", ""))
    if target.scheme not in ("https", httpx2.URL(url).scheme):
        raise _Failure(f"moved to {masked_url(str(target))[:_MOST_SHOWN]}, which is not safe to follow")
    return str(target)


def _validators(headers: Mapping[str, str]) -> dict[str, str]:
    """The validators for the next request; a date only if the page cannot have changed within its second."""
    names = (_ETAG, _DATE) if _is_settled(headers) else (_ETAG,)
    # One that no header of ours could repeat is left out: the page is then fetched whole each time.
    return {name: headers[name] for name in names if name in headers and _is_sendable(headers[name])}


def _is_sendable(value: object) -> bool:
    """Whether a kept validator can be sent: the file may have been edited, or be of an older version."""
    return isinstance(value, str) and value.isascii() and value.isprintable()


def _is_settled(headers: Mapping[str, str]) -> bool:
    """Whether the page was last changed before the second of its response (RFC 9110, section 8.8.2.2)."""
    changed, sent = (parsedate_tz(headers.get(name, "")) for name in (_DATE, "date"))
    return changed is not None and sent is not None and mktime_tz(changed) < mktime_tz(sent)


def _write(target: Path, content: bytes) -> None:
    """Write a file atomically.

    Raises:
        DataError: the folder cannot be written to.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with writing_whole(target, mode=SHARED) as file:
            file.write(content)
    except OSError as problem:
        raise DataError(
            str(target), f"cannot be written ({problem})", then="Say where to write with --out DIR."
        ) from problem
