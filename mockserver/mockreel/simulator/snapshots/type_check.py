"""Whether a value is what an annotation says, as deep as a snapshot needs it."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin


def fits(value: Any, hint: Any) -> bool:
    """Whether a value fits an annotation; what is not understood fits anything."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return value in inner
    if origin is None:
        return _is_a(value, hint)
    return not isinstance(origin, type) or (isinstance(value, origin) and _all_fit(value, inner))


def _is_a(value: Any, hint: Any) -> bool:
    if hint is None:
        return value is None
    if isinstance(value, bool):
        return hint in (bool, Any)
    if hint is float:
        return isinstance(value, int | float)
    return not isinstance(hint, type) or hint is Any or isinstance(value, hint)


def _all_fit(value: Any, inner: tuple[Any, ...]) -> bool:
    """Whether all that is in a collection fits."""
    if isinstance(value, Mapping):
        return all(fits(key, inner[0]) and fits(item, inner[1]) for key, item in value.items())
    if isinstance(value, tuple) and inner[1:] != (Ellipsis,):
        return len(value) == len(inner) and all(map(fits, value, inner))
    return not isinstance(value, tuple | list | set | frozenset) or all(fits(item, inner[0]) for item in value)
