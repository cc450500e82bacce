"""The feed of retirements: models that will be withdrawn, were withdrawn, or were merged into another."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from mockreel.contract.messages.message import JSON_HEADERS, Response
from mockreel.providers.aimlapi.query_parameters import parameter_values
from mockreel.providers.aimlapi.resources.models import etag_of, is_known
from mockreel.providers.aimlapi.responses import moment
from mockreel.providers.templates import fill
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def list_deprecations(context: RequestContext) -> Answer:
    """The entries that both filters keep, the newest first. A filter without a known value keeps everything."""
    rows = context.provider.contract.wire["deprecations"]
    by_id = sorted(_filtered(context, rows), key=lambda entry: str(entry["id"]))
    entries = sorted(by_id, key=_newest, reverse=True)
    tag = etag_of(
        orjson.dumps(entries), context.provider.contract.wire["catalogue"]["etag"]
    )  # the moment is not part of it
    headers = ((b"etag", tag), (b"cache-control", rows["cache"].encode()))
    if is_known(context.request.header(b"if-none-match"), tag):
        return Response(304, b"", headers)
    body = orjson.dumps(fill(rows["list"], {"now": moment(context.now), "entries": entries}))
    return Response(200, body, JSON_HEADERS + headers)


def _filtered(context: RequestContext, rows: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    entries: Iterable[Mapping[str, Any]] = rows["entries"]
    states = set(parameter_values(context, rows["filters"]["status"])) & {entry["status"] for entry in entries}
    since = context.query.get(rows["filters"]["since"], "")
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
