"""The parameters of a fault: each with its type, bounds and default, and how a value is read from text or JSON."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mockreel.errors import FaultError

Value = str | int | float | bool | None

_YES, _NO = ("yes", "true", "1", ""), ("no", "false", "0")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `default` of None: left out unless given.

    `number` is any number within the bounds, `whole` a whole one, `choice` one of the options, `flag` yes or no,
    `text` what matches the pattern.
    """

    name: str
    kind: Literal["number", "whole", "choice", "flag", "text"]
    says: str
    default: Value = None
    least: float = 0
    most: float = 0
    options: tuple[str, ...] = ()
    pattern: str = ""
    unit: str = ""

    @property
    def valid(self) -> str:
        """What it takes, in words."""
        match self.kind:
            case "number":
                return f"{self.least:g} to {self.most:g}{self._unit}"
            case "whole":
                return f"a whole number from {self.least:.0f} to {self.most:.0f}{self._unit}"
            case "choice":
                return ", ".join(self.options)
            case "flag":
                return "yes, no"
            case _:
                return f"a text that matches {self.pattern}"

    @property
    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""

    @property
    def shown_default(self) -> str:
        """The default as text; empty where there is none."""
        return "" if self.default is None else value_text(self.default)

    def read(self, raw: Any, *, of: str) -> Value:
        """The value of what was given, as text or as JSON; `of` is the fault's name, for errors.

        Raises:
            FaultError: it is none.
        """
        value = self._read(raw)
        if value is None:
            raise FaultError(f"{self.name} of the fault {of}", raw, [self.valid])
        return value

    def _read(self, raw: Any) -> Value:
        match self.kind:
            case "number" | "whole":
                return self._number(raw)
            case "choice":
                word = str(raw).lower()
                return word if word in self.options else None
            case "flag":
                return _flag(raw)
            case _:
                text = str(raw)
                return text if re.fullmatch(self.pattern, text) else None

    def _number(self, raw: Any) -> float | int | None:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            return None
        try:
            number = float(raw)
        except ValueError:
            return None
        if not math.isfinite(number) or not self.least <= number <= self.most:
            return None
        if self.kind == "whole":
            return int(number) if number == int(number) else None
        return number

    def row(self) -> Mapping[str, Any]:
        """The parameter as JSON shows it."""
        row: dict[str, Any] = {"name": self.name, "kind": self.kind, "says": self.says, "valid": self.valid}
        row["default"] = self.default
        if self.kind in ("number", "whole"):
            row |= {"least": self.least, "most": self.most, "unit": self.unit}
        if self.options:
            row["options"] = list(self.options)
        return row


def _flag(raw: Any) -> bool | None:
    if isinstance(raw, bool):
        return raw
    word = str(raw).lower()
    return True if word in _YES else False if word in _NO else None


def value_text(value: Value) -> str:
    """A value as text, as it is read again."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
