"""Find the operation of a method and a path: literals match before one segment, one segment before many."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mockreel.contract.operations import Operation

# So many paths are known again, if they are no longer than this; then they are counted again.
MOST_KNOWN = 256
LONGEST = 300


@dataclass(slots=True)
class _Node:
    """One step of the trie. `tails` are the parameters of many segments that begin here."""

    literals: dict[str, "_Node"] = field(default_factory=dict)
    single: "_Node | None" = None
    tails: "list[_Tail]" = field(default_factory=list)
    end: "_End | None" = None


@dataclass(slots=True)
class _End:
    """A template that ends here: its operations by method, and the names of its parameters in order."""

    names: tuple[str, ...]
    methods: dict[str, Operation] = field(default_factory=dict)


@dataclass(slots=True)
class _Tail:
    """A parameter of many segments and the literal segments that must follow it."""

    after: tuple[str, ...]
    end: _End


class RouteMatch(NamedTuple):
    """The operations at a path, by method, and its parameters."""

    methods: dict[str, Operation]
    params: Mapping[str, str]


class Router:
    """A matcher over all path templates of one provider."""

    __slots__ = ("_last", "_literal", "_root", "_walked")

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        self._literal: dict[str, RouteMatch] = {}  # templates without parameters, which match before all others
        self._last: dict[str, _End] = {}  # by their prefix, templates whose only parameter is the last segment
        self._walked: dict[str, RouteMatch] = {}  # what was found for some paths that bind in no simple way
        for operation in operations:
            self._add(operation)

    def find(self, path: str) -> RouteMatch | None:
        """The operations at a path (percent-decoded, beginning with a slash), or None."""
        literal = self._literal.get(path)
        if literal is not None:
            return literal
        before, _, last = path.rpartition("/")
        end = self._last.get(before)
        if end is not None and last:
            return RouteMatch(end.methods, {end.names[0]: last})
        return self._walked.get(path) or self._walk(path)

    def _walk(self, path: str) -> RouteMatch | None:
        values: list[str] = []
        end = _walk(self._root, path[1:].split("/"), 0, values)
        if end is None:
            return None
        found = RouteMatch(end.methods, dict(zip(end.names, values, strict=True)))
        if len(path) <= LONGEST:
            if len(self._walked) >= MOST_KNOWN:
                self._walked.clear()
            self._walked[path] = found
        return found

    def _add(self, operation: Operation) -> None:
        node = self._root
        parts = operation.path[1:].split("/")
        names = tuple(part[1:-1] for part in parts if part.startswith("{"))
        for index, part in enumerate(parts):
            if not part.startswith("{"):
                node = node.literals.setdefault(part, _Node())
            elif part[1:-1] in operation.many:
                _tail(node, tuple(parts[index + 1 :]), names).methods[operation.method] = operation
                return
            else:
                node.single = node.single or _Node()
                node = node.single
        node.end = node.end or _End(names)
        node.end.methods[operation.method] = operation
        if not names:
            self._literal[operation.path] = RouteMatch(node.end.methods, {})
        elif len(names) == 1 and parts[-1].startswith("{"):
            self._last[operation.path.rpartition("/")[0]] = node.end


def _tail(node: _Node, after: tuple[str, ...], names: tuple[str, ...]) -> _End:
    for tail in node.tails:
        if tail.after == after:
            return tail.end
    end = _End(names)
    node.tails.append(_Tail(after, end))
    node.tails.sort(key=lambda tail: -len(tail.after))
    return end


def _walk(node: _Node, parts: list[str], index: int, values: list[str]) -> _End | None:
    if index == len(parts):
        return node.end
    part = parts[index]
    literal = node.literals.get(part)
    if literal is not None and (end := _walk(literal, parts, index + 1, values)) is not None:
        return end
    if node.single is not None and part:
        values.append(part)
        if (end := _walk(node.single, parts, index + 1, values)) is not None:
            return end
        values.pop()
    return _many(node, parts, index, values)


def _many(node: _Node, parts: list[str], index: int, values: list[str]) -> _End | None:
    for tail in node.tails:
        stop = len(parts) - len(tail.after)
        if stop > index and tuple(parts[stop:]) == tail.after and all(parts[index:stop]):
            values.append("/".join(parts[index:stop]))
            return tail.end
    return None
