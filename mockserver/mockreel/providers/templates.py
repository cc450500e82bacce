"""Templates as data: response bodies in which every text that begins with `$` is replaced by a value."""

from collections.abc import Callable, Mapping
from typing import Any

# Fills a template; a key whose value is missing in the mapping is left out.
Template = Callable[[Mapping[str, Any]], Any]

_ABSENT: Any = object()


def prepared(raw: Any) -> Template:
    """A compiled template; keys that begin with `$` are replaced too."""
    if isinstance(raw, str) and raw.startswith("$"):
        name = raw.removeprefix("$")
        return lambda words: words.get(name, _ABSENT)
    if isinstance(raw, Mapping):
        return _mapping([(key, prepared(part)) for key, part in raw.items()])
    if isinstance(raw, list):
        parts = [prepared(part) for part in raw]
        return lambda words: [part(words) for part in parts]
    return lambda _: raw


def _mapping(parts: list[tuple[str, Template]]) -> Template:
    def whole(words: Mapping[str, Any]) -> Any:
        return {_key(key, words): found for key, part in parts if (found := part(words)) is not _ABSENT}

    named = any(key.startswith("$") for key, _ in parts)
    return whole if named else _plain(parts)


def _plain(parts: list[tuple[str, Template]]) -> Template:
    def whole(words: Mapping[str, Any]) -> Any:
        return {key: found for key, part in parts if (found := part(words)) is not _ABSENT}

    return whole


def _key(key: str, words: Mapping[str, Any]) -> str:
    return str(words[key.removeprefix("$")]) if key.startswith("$") else key


def fill(raw: Any, words: Mapping[str, Any]) -> Any:
    """A template filled once; what is filled often is prepared."""
    return prepared(raw)(words)
