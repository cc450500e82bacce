"""What redaction has changed in a cassette, as rows of its `filled`: pointers and names, never values."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from mockreel.cassettes.cassette import Exchange, Headers, InboundCallback
from mockreel.cassettes.redaction.text_places import display_name

_MOST = 40


def redacted_rows(raw: Sequence[Exchange], redacted: Sequence[Exchange]) -> list[dict[str, str]]:
    """A row for each part of each exchange of which something was left out or replaced."""
    return [row for number, pair in enumerate(zip(raw, redacted, strict=True)) for row in _of(number, *pair)]


def redacted_rows_of_webhook(raw: InboundCallback, redacted: InboundCallback, at: str) -> list[dict[str, str]]:
    """The same for a callback."""
    rows = [*_headers(f"{at}/headers", raw.headers, redacted.headers), *_body(f"{at}/body", raw.body, redacted.body)]
    return ([_row(f"{at}/url", "replaced when it was recorded")] if raw.url != redacted.url else []) + rows


def _of(number: int, raw: Exchange, redacted: Exchange) -> Iterator[dict[str, str]]:
    at = f"/interactions/{number}"
    if raw.uri != redacted.uri:
        yield _row(f"{at}/request/uri", "ids or values were replaced when it was recorded")
    yield from _headers(f"{at}/request/headers", raw.headers, redacted.headers)
    yield from _body(f"{at}/request/body", raw.body, redacted.body)
    yield from _headers(f"{at}/response/headers", raw.reply_headers, redacted.reply_headers)
    yield from _body(f"{at}/response/body/string", raw.reply, redacted.reply)


def _headers(at: str, raw: Headers, redacted: Headers) -> Iterator[dict[str, str]]:
    names = {name for name, _ in redacted}
    removed = sorted({display_name(name.lower()) for name, _ in raw if name not in names})
    changed = sorted(
        {display_name(name.lower()) for name, value in raw if name in names and (name, value) not in redacted}
    )
    if removed:
        yield _row(at, f"left out when it was recorded: {', '.join(removed[:_MOST])}")
    if changed:
        yield _row(at, f"replaced when it was recorded: {', '.join(changed[:_MOST])}")


def _body(at: str, raw: bytes, redacted: bytes) -> Iterator[dict[str, str]]:
    if raw == redacted:
        return
    try:
        before, after = orjson.loads(raw), orjson.loads(redacted)
    except orjson.JSONDecodeError:
        yield _row(at, "left out or replaced when it was recorded")
        return
    changed = list(dict.fromkeys(_changed(before, after, "")))
    if changed:
        more = f" and {len(changed) - _MOST} more" if len(changed) > _MOST else ""
        yield _row(at, f"replaced when it was recorded: {', '.join(changed[:_MOST])}{more}")


def _changed(before: Any, after: Any, at: str) -> Iterator[str]:
    """The pointers of everything that is not as it was."""
    if isinstance(before, dict) and isinstance(after, dict):
        for (name, one), (redacted, other) in zip(before.items(), after.items(), strict=False):
            if name == redacted:
                yield from _changed(one, other, f"{at}/{display_name(name)}")
            else:
                yield f"{at}/(a name)"
    elif isinstance(before, list) and isinstance(after, list):
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from _changed(one, other, f"{at}/{number}")
    elif before != after or type(before) is not type(after):
        yield at or "/"


def _row(at: str, why: str) -> dict[str, str]:
    return {"at": at, "why": why}
