"""What scrubbing has changed in a cassette, as rows of its `filled`: pointers and names, never values."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from mockreel.cassettes.cassette import Exchange, Headers, InboundCallback
from mockreel.cassettes.redaction.text_places import shown

_MOST = 40


def left_out(raw: Sequence[Exchange], kept: Sequence[Exchange]) -> list[dict[str, str]]:
    """A row for each part of each exchange of which something was left out or replaced."""
    return [row for number, pair in enumerate(zip(raw, kept, strict=True)) for row in _of(number, *pair)]


def left_out_of_call(raw: InboundCallback, kept: InboundCallback, at: str) -> list[dict[str, str]]:
    """The same for a callback."""
    rows = [*_headers(f"{at}/headers", raw.headers, kept.headers), *_body(f"{at}/body", raw.body, kept.body)]
    return ([_row(f"{at}/url", "replaced when it was recorded")] if raw.url != kept.url else []) + rows


def _of(number: int, raw: Exchange, kept: Exchange) -> Iterator[dict[str, str]]:
    at = f"/interactions/{number}"
    if raw.uri != kept.uri:
        yield _row(f"{at}/request/uri", "ids or values were replaced when it was recorded")
    yield from _headers(f"{at}/request/headers", raw.headers, kept.headers)
    yield from _body(f"{at}/request/body", raw.body, kept.body)
    yield from _headers(f"{at}/response/headers", raw.reply_headers, kept.reply_headers)
    yield from _body(f"{at}/response/body/string", raw.reply, kept.reply)


def _headers(at: str, raw: Headers, kept: Headers) -> Iterator[dict[str, str]]:
    names = {name for name, _ in kept}
    gone = sorted({shown(name.lower()) for name, _ in raw if name not in names})
    changed = sorted({shown(name.lower()) for name, value in raw if name in names and (name, value) not in kept})
    if gone:
        yield _row(at, f"left out when it was recorded: {', '.join(gone[:_MOST])}")
    if changed:
        yield _row(at, f"replaced when it was recorded: {', '.join(changed[:_MOST])}")


def _body(at: str, raw: bytes, kept: bytes) -> Iterator[dict[str, str]]:
    if raw == kept:
        return
    try:
        before, after = orjson.loads(raw), orjson.loads(kept)
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
        for (name, one), (kept, other) in zip(before.items(), after.items(), strict=False):
            if name == kept:
                yield from _changed(one, other, f"{at}/{shown(name)}")
            else:
                yield f"{at}/(a name)"
    elif isinstance(before, list) and isinstance(after, list):
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from _changed(one, other, f"{at}/{number}")
    elif before != after or type(before) is not type(after):
        yield at or "/"


def _row(at: str, why: str) -> dict[str, str]:
    return {"at": at, "why": why}
