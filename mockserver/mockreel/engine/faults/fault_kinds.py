"""A kind of fault: what it does, what a client sees, what it needs, and its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mockreel.engine.faults.fault_parameters import Parameter, Value
from mockreel.errors import FaultError

Sort = Literal["reply", "callback"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault.

    `handled` says whether the request is handled, so that a job may exist although the client does not know: always,
    never, or with one value of a parameter. `wire` faults need the connection itself, which only mockreel's own server
    has; `signs` ones a provider that signs its webhooks. A rule's fault on `results` applies only to requests for a
    job's result.
    """

    name: str
    sort: Sort
    says: str
    sees: str
    parameters: tuple[Parameter, ...] = ()
    handled: bool | tuple[str, Value] = True
    wire: bool = False
    signs: bool = False
    results: bool = False

    def parameter(self, name: str) -> Parameter:
        """A parameter by name.

        Raises:
            FaultError: it has none of that name.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        valid = [parameter.name for parameter in self.parameters]
        then = "" if valid else "It takes none."
        raise FaultError(f"parameter of the fault {self.name}", name, valid, then=then)

    def row(self) -> Mapping[str, Any]:
        """The fault as JSON shows it."""
        return {
            "name": self.name,
            "sort": self.sort,
            "says": self.says,
            "sees": self.sees,
            "handled": self.handled_in_words,
            "wire": self.wire,
            "parameters": [parameter.row() for parameter in self.parameters],
        }

    @property
    def handled_in_words(self) -> str:
        if isinstance(self.handled, bool):
            return "yes" if self.handled else "no"
        name, value = self.handled
        return f"with {name}={'yes' if value is True else value}"


def spread(most: float, seconds: float, what: str) -> tuple[Parameter, ...]:
    """The parameters of a delay that is fixed or drawn."""
    return (
        Parameter("seconds", "number", f"{what}; the mean if they are random", seconds, 0, most, unit="s"),
        Parameter(
            "spread",
            "choice",
            "how they are drawn from the seed",
            "fixed",
            options=("fixed", "uniform", "normal", "exponential"),
        ),
        Parameter(
            "deviation",
            "number",
            "uniform: the range to either side; normal: the standard deviation",
            0.0,
            0,
            most,
            unit="s",
        ),
    )
