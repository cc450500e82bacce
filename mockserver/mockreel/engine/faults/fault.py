"""A fault as it is chosen: its name and parameters, from text (`delay; seconds=2`) or JSON, all checked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockreel.engine.faults.catalogue import catalogue, kind_of
from mockreel.engine.faults.fault_kinds import Kind
from mockreel.engine.faults.fault_parameters import Value, value_text
from mockreel.errors import FaultError


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault with all of its parameters; `Fault.of` makes and checks one. Its text is read again as the same."""

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, parameters: Mapping[str, Any] | None = None) -> "Fault":
        """A fault with what is given, and defaults for the rest.

        Raises:
            FaultError: there is no such fault, parameter or value.
        """
        kind = kind_of(name)
        values: dict[str, Value] = {parameter.name: parameter.default for parameter in kind.parameters}
        for written_name, value in (parameters or {}).items():
            parameter = kind.parameter(written_name.replace("-", "_"))
            if value is not None or parameter.default is not None:
                values[parameter.name] = parameter.read(value, of=name)
        _check(kind, values)
        return cls(name, values)

    @property
    def kind(self) -> Kind:
        return kind_of(self.name)

    def number(self, name: str) -> float:
        value = self.values[name]
        assert isinstance(value, int | float)
        return value

    def word(self, name: str) -> str:
        """A parameter as text."""
        return value_text(self.values[name])

    @property
    def handled(self) -> bool:
        """Whether the request is handled, whatever the client receives."""
        handled = self.kind.handled
        return handled if isinstance(handled, bool) else self.values[handled[0]] == handled[1]

    def row(self) -> Mapping[str, Value]:
        """The fault as JSON shows it, and reads it again."""
        return {"name": self.name, **self.values}

    def __str__(self) -> str:
        usual = {parameter.name: parameter.default for parameter in self.kind.parameters}
        parts = (f"{name}={value_text(value)}" for name, value in self.values.items() if value != usual[name])
        return "; ".join((self.name, *parts))


def _check(kind: Kind, values: Mapping[str, Value]) -> None:
    """Checks across several parameters."""
    if values.get("by") == 0 and kind.name == "wrong-length":
        raise FaultError(f"by of the fault {kind.name}", 0, then="0 is the right length: give another number.")


@dataclass(frozen=True, slots=True)
class Faults:
    """What befalls one request: its response, the callbacks of the job that it begins, or both."""

    reply: Fault | None = None
    callback: Fault | None = None

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> "Faults":
        """At most one of each sort.

        Raises:
            FaultError: there are two of a sort.
        """
        found: dict[str, Fault] = {}
        for fault in faults:
            before = found.setdefault(fault.kind.sort, fault)
            if before is not fault:
                raise FaultError(
                    "fault", fault.name, then=f"One request has one {fault.kind.sort} fault: it has {before.name}."
                )
        return cls(found.get("reply"), found.get("callback"))

    def __iter__(self) -> Iterator[Fault]:
        return iter([one for one in (self.reply, self.callback) if one is not None])

    def __str__(self) -> str:
        return ", ".join(map(str, self))


NO_FAULTS = Faults()


def read_fault(value: Any) -> Fault:
    """A fault from text (`reset; at=middle`) or a mapping (`{"name": "reset", "at": "middle"}`).

    Raises:
        FaultError: it is neither, or there is no such fault, parameter or value.
    """
    if isinstance(value, Fault):
        return value
    if isinstance(value, Mapping):
        parameters = {str(name): one for name, one in value.items() if name != "name"}
        return Fault.of(str(value.get("name", "")), parameters)
    if isinstance(value, str):
        return _from_text(value)
    raise FaultError("fault", value, ["a text, as in 'delay; seconds=2'", 'a mapping, as in {"name": "delay"}'])


def _from_text(text: str) -> Fault:
    name, *rest = [part.strip() for part in text.split(";")]
    return Fault.of(name.lower(), dict(split_parameter(part) for part in rest if part))


def read_faults(value: Any) -> Faults:
    """One fault or several: a text with commas between them, a mapping, or a list of either.

    Raises:
        FaultError: as of each; or there are two of a sort.
    """
    if isinstance(value, Faults):
        return value
    if isinstance(value, str):
        return Faults.of(_from_text(one) for one in value.split(","))
    return Faults.of(map(read_fault, value if isinstance(value, list | tuple) else [value]))


def split_parameter(part: str) -> tuple[str, str]:
    """`name=value` as a preference of HTTP writes it: any case for the name, quotes or none around the value."""
    name, _, value = part.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def names() -> list[str]:
    return [kind.name for kind in catalogue()]
