"""Hints for requests to unknown paths: perhaps meant for another provider's port, base URL or service.

They are logged and journaled for the user of the mock server; the client gets the provider's own response.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mockreel._data import data_root
from mockreel.contract.data.data_files import parse_yaml, read_bytes
from mockreel.contract.data.parser import Cursor
from mockreel.errors import nearest

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider

# The data file that names other services' paths.
FOREIGN = "foreign-paths.yaml"
# A base URL may have so many segments too many, and a longer path is no slip of anybody's.
MOST_DROPPED, LONGEST = 3, 300
# How near a segment must be to another one to be a slip, 0 to 1.
_SLIP = 0.7

Steps = tuple[str, ...]


class Hints:
    """Hints for paths that no provider has.

    Args:
        providers: the served providers, by name.
    """

    def __init__(self, providers: Mapping[str, "Provider"]) -> None:
        self._providers = providers

    def about(self, method: str, path: str, *, target: "Provider | None" = None) -> str | None:
        """What a path probably meant; None if unknown.

        Args:
            target: the provider that it was sent to; None for the control port.
        """
        return self._of_another(path, target) or self._of_strangers(path) or self._near(method, path, target)

    def _of_another(self, path: str, target: "Provider | None") -> str | None:
        for provider in self._providers.values():
            if provider is not target and provider.contract.router.find(path) is not None:
                where = f": its address is {provider.base_url}" if provider.base_url else ""
                return f"this is a path of {provider.contract.title}{where}"
        return None

    def _of_strangers(self, path: str) -> str | None:
        for name, row in self._foreign.items():
            if any(_is_below(path, known) for known in row["paths"]):
                return f"this is a path of {name}; {row['says']}"
        return None

    def _near(self, method: str, path: str, target: "Provider | None") -> str | None:
        """The same path with another beginning, as where the base URL has a segment too many, or one segment spelled
        otherwise.
        """
        if target is None or len(path) > LONGEST:
            return None
        steps = tuple(path.removeprefix("/").split("/"))
        operations = [one for one in target.contract.operations if one.method == method]
        templates = [tuple(one.path[1:].split("/")) for one in operations]
        for begun, rest in _otherwise_begun(steps, templates):
            other = "/" + "/".join((*begun, *rest))
            found = target.contract.router.find(other)
            operation = found.methods.get(method) if found else None
            if operation and operation.path[1:].split("/")[len(begun)] == rest[0]:
                return f"did you mean {other}? The base URL is {target.base_url or 'the origin alone'}"
        near = next((one for one in templates if _differs_once(steps, one)), None)
        return f"did you mean /{'/'.join(near)}?" if near else None

    @cached_property
    def _foreign(self) -> Mapping[str, Any]:
        where = f"contracts/{FOREIGN}"
        return Cursor(where, parse_yaml(read_bytes(data_root() / where), where=where)).mapping()


def _otherwise_begun(steps: Steps, templates: list[Steps]) -> Iterator[tuple[Steps, Steps]]:
    """Prefixes that may be missing from a path or be too many in it: its own, and those of the provider's paths."""
    literal = [one[:many] for many in (0, 1, 2) for one in templates if len(one) > many]
    beginnings = dict.fromkeys(one for one in literal if not any(step.startswith("{") for step in one))
    for dropped in range(min(MOST_DROPPED, len(steps) - 1) + 1):
        for begun in beginnings:
            if (*begun, *steps[dropped:]) != steps:
                yield begun, steps[dropped:]


def _differs_once(steps: Steps, template: Steps) -> bool:
    """Whether a path is a template but for one literal segment."""
    if len(steps) != len(template):
        return False
    pairs = zip(steps, template, strict=True)
    odd = [(own, step) for own, step in pairs if own != step and not step.startswith("{")]
    return len(odd) == 1 and bool(nearest(odd[0][0], [odd[0][1]], least=_SLIP))


def _is_below(path: str, known: str) -> bool:
    """Whether a path is one of another service's, with or without the version that it begins with."""
    bare = "/" + known.removeprefix("/").partition("/")[2]
    return any(path == one or path.startswith(f"{one}/") for one in (known, bare))
