"""The feed of retirements: which models are going, have gone, or were folded into another."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from mockreel.contract.messages.message import JSON_HEADERS, Reply
from mockreel.providers.aimlapi.query_parameters import listed
from mockreel.providers.aimlapi.resources.models import etag_of, is_known
from mockreel.providers.aimlapi.responses import moment
from mockreel.providers.templates import fill
from mockreel.simulator.adapter import Answer
from mockreel.simulator.context import Call

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def list_deprecations(call: Call) -> Answer:
    """The entries that both filters keep, the newest first. A filter that says nothing known keeps everything."""
    rows = call.part.contract.wire["deprecations"]
    by_id = sorted(_kept(call, rows), key=lambda entry: str(entry["id"]))
    kept = sorted(by_id, key=_newest, reverse=True)
    tag = etag_of(orjson.dumps(kept), call.part.contract.wire["catalogue"]["etag"])  # the moment is not part of it
    headers = ((b"etag", tag), (b"cache-control", rows["cache"].encode()))
    if is_known(call.request.header(b"if-none-match"), tag):
        return Reply(304, b"", headers)
    body = orjson.dumps(fill(rows["list"], {"now": moment(call.now), "entries": kept}))
    return Reply(200, body, JSON_HEADERS + headers)


def _kept(call: Call, rows: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    entries: Iterable[Mapping[str, Any]] = rows["entries"]
    states = set(listed(call, rows["filters"]["status"])) & {entry["status"] for entry in entries}
    since = call.query.get(rows["filters"]["since"], "")
    since = since if _DAY.fullmatch(since) else ""
    for entry in entries:
        if states and entry["status"] not in states:
            continue
        if since and not any(day >= since for day in _days(entry)):
            continue
        yield entry


def _days(entry: Mapping[str, Any]) -> list[str]:
    return [day for day in (entry["shutdown_at"], entry["deprecated_at"]) if day]


def _newest(entry: Mapping[str, Any]) -> str:
    return next(iter(_days(entry)), "")
