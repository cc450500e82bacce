"""Keys that stand more than once in one JSON object: the last one counts, and the journal calls it a client's fault.

No source says what the providers do; both are inferred.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from mockreel.contract.validation import Step, Violation

KEYWORD = "duplicate"
# Of a longer body nobody asks; of more keys than this nobody is told.
LONGEST = 1024 * 1024
MOST = 20

_SPACED = re.compile(rb'"\s+:')


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written."""


def duplicates(raw: bytes, parsed: Any) -> tuple[Violation, ...]:
    """A violation for each key that stands again in its object; `parsed` is what the body says."""
    # Each member has one `":`, and a quote inside of a text has a backslash before it. So where the counts agree and
    # nothing stands between quote and colon, no member was lost when it was parsed.
    if (raw.count(b'":') == _members(parsed) and not _SPACED.search(raw)) or len(raw) > LONGEST:
        return ()
    try:
        written = json.loads(raw, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return ()
    return tuple(found for found, _ in zip(_repeated(written, ()), range(MOST), strict=False))


def _members(value: Any) -> int:
    """How many members the objects of a value have altogether."""
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
        seen: dict[str, int] = {}
        for name, inner in value:
            seen[name] = seen.get(name, 0) + 1
            yield from _repeated(inner, (*path, name))
        for name, times in seen.items():
            if times > 1:
                said = f"the key stands {times} times in one object; the last one counts"
                yield Violation((*path, name), KEYWORD, said, None, None)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _repeated(inner, (*path, place))
