"""Whether a value has the type of an annotation, as deep as a snapshot needs it."""

import sys
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType, SimpleNamespace, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from mockreel.contract.data.base_types import Check
from mockreel.engine.faults import Fault

# Names in annotations of stored classes that are imported for type checkers only.
_NAMES = MappingProxyType({"Fault": Fault})


@lru_cache(maxsize=256)
def hints_of(cls: type) -> Mapping[str, Any]:
    """What the fields of a class are annotated with.

    Raises:
        NameError: an annotation names what cannot be found, so that nothing of the class could be checked.
    """
    found: dict[str, Any] = {}
    for one in reversed(cls.__mro__):
        own = SimpleNamespace(__annotations__=dict(vars(one).get("__annotations__", {})))
        module = sys.modules.get(one.__module__)
        names = {**_NAMES, **(vars(module) if module is not None else {})}
        found.update(get_type_hints(own, names, include_extras=True))
    return MappingProxyType(found)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value fits an annotation; what is not understood fits anything."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return fits(value, inner[0]) and all(one.holds(value) for one in inner[1:] if isinstance(one, Check))
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
