"""Repeated keys in a JSON object: the last one counts, and the journal reports a violation of the client.

No source says how the providers handle them; both are inferred.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from mockreel.contract.validation import Step, Violation

KEYWORD = "duplicate"
# The largest body to check, and the most keys to report.
LONGEST = 1024 * 1024
MOST = 20

_SPACED = re.compile(rb'"\s+:')


class _Pairs(list[tuple[str, Any]]):
    """An object with all its pairs."""


def duplicates(raw: bytes, parsed: Any, members: int | None = None) -> tuple[Violation, ...]:
    """A violation for each repeated key of an object; `parsed` is the parsed body, `members` their number if known."""
    if len(raw) > LONGEST:
        return ()
    # Each member has one `":`, and a quote in a text is escaped. So if the counts are equal and there is nothing
    # between quote and colon, no member was lost in parsing.
    count = _members(parsed) if members is None else members
    if raw.count(b'":') == count and not _SPACED.search(raw):
        return ()
    try:
        written = json.loads(raw, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return ()
    return tuple(found for found, _ in zip(_repeated(written, ()), range(MOST), strict=False))


def _members(value: Any) -> int:
    """The number of members of all objects in a value."""
    if type(value) is dict:
        count = len(value)
        for inner in value.values():
            if type(inner) is dict or type(inner) is list:
                count += _members(inner)
        return count
    if type(value) is list:
        return sum([_members(inner) for inner in value if type(inner) is dict or type(inner) is list])
    return 0


def _repeated(value: Any, path: tuple[Step, ...]) -> Iterator[Violation]:
    if isinstance(value, _Pairs):
        counts: dict[str, int] = {}
        for name, inner in value:
            counts[name] = counts.get(name, 0) + 1
            yield from _repeated(inner, (*path, name))
        for name, times in counts.items():
            if times > 1:
                message = f"the key stands {times} times in one object; the last one counts"
                yield Violation((*path, name), KEYWORD, message, None, None)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _repeated(inner, (*path, index))
