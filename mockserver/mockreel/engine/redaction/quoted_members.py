"""Members of objects in a message, or in a body that is not JSON: `"apiKey": ["…"]`, `'token': 5`.

In JSON inside of JSON a quote has backslashes, the more the deeper: `\\"jwt\\": \\"…\\"`.
"""

import re
from collections.abc import Callable

from mockreel.engine.redaction.fingerprints import MASK

_NAME = re.compile(r"([\"'])([\w.-]{1,64})(\\{0,31})\1\s*[:=]\s*")
_BARE = re.compile(r"[^\s,}\]]+")
_BARE_INSIDE = re.compile(r"[^\s,}\]\\\"']+")
_ENDS = {"[": "]", "{": "}"}
# So much of a value shows whether it is a secret, where its name does not say so.
_MOST = 100


def masked_members(text: str, hides: Callable[[str, str], bool]) -> str:
    """A text without the values of members that hold a secret, as `hides` says of a name and a value's beginning."""
    parts, begin, at = [], 0, 0
    while found := _NAME.search(text, at):
        name, at = found[2], found.end()
        value = text[at : _value_end(text, at, at + _MOST, found[3])].strip("\\\"'[]{} ")
        if value and hides(name, value):
            parts += [text[begin:at], MASK]
            begin = at = _value_end(text, at, len(text), found[3])
    return "".join([*parts, text[begin:]])


def _value_end(text: str, at: int, stop: int, escape: str) -> int:
    """Where the value ends that begins here, before `stop`; quotes in it have the same backslashes as at its name."""
    if text[at : at + 1] in _ENDS:
        return text.find(_ENDS[text[at]], at, stop) + 1 or stop
    quote = text[at : at + len(escape) + 1]
    if not quote.startswith(escape) or quote[-1:] not in ("'", '"'):
        found = (_BARE_INSIDE if escape else _BARE).match(text, at, stop)
        return found.end() if found else at
    end = text.find(quote, at + len(quote), stop)
    while end >= 0 and text[end - 1] == "\\":  # a quote that is escaped once more is inside of the value
        end = text.find(quote, end + len(quote), stop)
    return end + len(quote) if end >= 0 else stop
