"""The journal as an HTTP archive (HAR 1.2), which browsers and other tools open. What is masked stays masked."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from mockreel.contract.messages.reason_phrase import reason_phrase
from mockreel.engine.journal.exchange_content import header_text
from mockreel.engine.journal.journal import AttemptEntry, Entry

Headers = Iterable[tuple[str, str]]
_MIME = "content-type"


def archive_frame(version: str) -> tuple[bytes, bytes]:
    """The parts of an archive before and behind its entries, as JSON.

    Args:
        version: of the program that writes it.
    """
    creator = {"name": "mockreel", "version": version}
    comment = "From a mock server, not from the providers. Keys are redacted; times are those of its clock."
    whole = orjson.dumps({"log": {"version": "1.2", "creator": creator, "comment": comment, "entries": []}})
    return whole.removesuffix(b"]}}"), b"]}}"


def exchange_row(number: int, entry: Entry, address: str) -> dict[str, Any]:
    """An exchange as an entry of an archive; `address` is the base URL of its provider."""
    query = f"?{entry.query}" if entry.query else ""
    row = _exchange(
        entry.at,
        entry.at,
        method=entry.method,
        url=f"{address or f'http://{entry.provider}.invalid'}{entry.path}{query}",
        headers=_texts(entry.headers),
        body=entry.body,
        status=entry.status,
        reply_headers=_texts(entry.reply_headers),
        reply=entry.reply,
    )
    # Fields that HAR does not define have names that begin with an underscore.
    return row | {
        "_number": number,
        "_provider": entry.provider,
        "_account": entry.account,
        "_operation": entry.operation,
        "_job": entry.job,
        "_refusal": entry.row,
        "_fault": entry.fault,
        "_violations": [violation.row() for violation in entry.violations],
    }


def attempt_row(attempt: AttemptEntry) -> dict[str, Any]:
    """An attempt to deliver a callback as an entry of an archive."""
    row = _exchange(
        attempt.at,
        attempt.ended,
        method="POST",
        url=attempt.url,
        headers=list(attempt.headers),
        body=attempt.body,
        status=attempt.status or 0,
        reply_headers=[],
        reply=b"",
    )
    return row | {
        "_provider": attempt.provider,
        "_account": attempt.account,
        "_delivery": attempt.delivery,
        "_job": attempt.subject,
        "_event": attempt.event,
        "_attempt": attempt.number,
        "_error": attempt.detail or attempt.error,
        "_fault": attempt.fault,
    }


def _exchange(
    began: float,
    ended: float,
    *,
    method: str,
    url: str,
    headers: list[tuple[str, str]],
    body: bytes,
    status: int,
    reply_headers: list[tuple[str, str]],
    reply: bytes,
) -> dict[str, Any]:
    took = round((ended - began) * 1000, 3)
    request = {
        "method": method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "queryString": _pairs(parse_qsl(url.partition("#")[0].partition("?")[2], keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": len(body),
    }
    if body:
        request["postData"] = {"mimeType": _mime(headers), "text": _text(body)}
    response = {
        "status": status,
        "statusText": reason_phrase(status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(reply_headers),
        "content": {"size": len(reply), "mimeType": _mime(reply_headers), "text": _text(reply)},
        "redirectURL": dict(reply_headers).get("location", ""),
        "headersSize": -1,
        "bodySize": len(reply),
    }
    return {
        "startedDateTime": datetime.fromtimestamp(began, UTC).isoformat(timespec="microseconds"),
        "time": took,
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
    }


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), header_text(value)) for name, value in headers]


def _pairs(pairs: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _mime(headers: Headers) -> str:
    return next((value for name, value in headers if name.lower() == _MIME), "application/octet-stream")


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")
