"""The options of `@pytest.mark.mockreel(...)`, in one typed place."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, TypedDict

from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.billing import Budget
from mockreel.engine.faults import read_faults
from mockreel.errors import OptionError

# The default start of a paused clock: 2026-01-01T00:00:00Z.
START = 1_767_225_600.0


@dataclass(frozen=True, slots=True)
class Marked:
    """The mock server's options for a test.

    Args:
        providers: the simulated providers; all if empty.
        scenario: the scenario of every request without a preference; `code` selects its failure or error.
        seed: the seed of all randomness.
        held: whether the clock is paused and moved by `mockreel.advance`; else it runs at `speed`.
        start: the start of the clock in seconds since the epoch; by default 2026 if paused, now if running.
        pace: how long jobs take.
        readings: options by reading id.
        keys: further accepted keys, as entries of a keys file.
        budget: the balance that every account starts with, `5` or `{"runflow": 5}`; unlimited by default.
        assume_price: the price of a job of unknown price; the contract's if None.
        data: a further data folder.
        strict: fail the test if the client broke the contract; `--mockreel-strict` if None.
        rules: the client rules to check: `default`, `all`, or ids; `--mockreel-rules` if empty.
        allow: ids of client rules that may be broken despite `strict`.
        faults: the faults to inject: texts (`"reset; operation=get_run; nth=2"`) or mappings.
        models: added models: texts (`"runflow:acme/dance=dance.json"`) or mappings of provider, id, schema or like,
            output, price.
        unknown_models: `accept` accepts unknown models with any input.
        result: the result of every job: the path of a file, a URL, or JSON.
        forge: send a forged copy before each signed callback, which no client should accept.
        intercept: also answer calls of httpx, requests and aiohttp to the providers' real hosts.
        port: the control port, followed by the providers' ports; that of the test run if None.
    """

    providers: tuple[str, ...] = ()
    scenario: str | None = None
    code: str | None = None
    seed: int = 0
    held: bool = True
    speed: float = 1.0
    start: float | None = None
    pace: str = "quick"
    readings: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[KeyEntry, ...] = ()
    budget: Budget | None = None
    assume_price: Budget | None = None
    data: Path | None = None
    strict: bool | None = None
    rules: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    faults: tuple[Any, ...] = ()
    forge: bool = False
    models: tuple[Any, ...] = ()
    unknown_models: str = "refuse"
    result: Any = None
    intercept: bool = False
    port: int | None = None

    @property
    def begins(self) -> float | None:
        """The start of the clock; None is now."""
        return START if self.start is None and self.held else self.start


class MarkerOptions(TypedDict, total=False):
    """The keywords of the marker, with all the types that they may have."""

    providers: str | Sequence[str]
    scenario: str
    code: str | int
    seed: int
    held: bool
    speed: float
    start: float
    pace: str
    readings: Mapping[str, str]
    keys: Sequence[KeyEntry | Mapping[str, Any]]
    budget: Budget
    assume_price: Budget
    data: str | Path
    strict: bool
    rules: str | Sequence[str]
    allow: str | Sequence[str]
    faults: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]]
    forge: bool
    models: Sequence[Any]
    unknown_models: str
    result: Any
    intercept: bool
    port: int


def read_marks(marks: Iterable[Any]) -> Marked:
    """The options of a test from its markers, closest first; the closest value of an option counts.

    Raises:
        OptionError: an unknown option, or a value of a wrong type.
    """
    options: dict[str, Any] = {}
    for mark in marks:
        if mark.args:
            raise OptionError("mockreel marker", mark.args, _names(), then="All options are keywords.")
        options = {**mark.kwargs, **options}
    for name, value in options.items():
        _check(name, value)
    marked = Marked(**{name: _cast(name, value) for name, value in options.items()})
    if marked.rules or marked.allow:
        from mockreel.simulator.client_rules import RULES, select  # noqa: PLC0415

        select(RULES, named=marked.rules, allow=marked.allow, source="mockreel marker, ")
    return marked


# The types of each option.
_TYPES: Mapping[str, tuple[type, ...]] = {
    "providers": (str, list, tuple),
    "scenario": (str,),
    "code": (str, int),
    "seed": (int,),
    "held": (bool,),
    "speed": (int, float),
    "start": (int, float),
    "pace": (str,),
    "readings": (dict,),
    "keys": (list, tuple),
    "budget": (str, int, float, Decimal, dict, list, tuple),
    "assume_price": (str, int, float, Decimal, dict, list, tuple),
    "data": (str, Path),
    "strict": (bool,),
    "rules": (str, list, tuple),
    "allow": (str, list, tuple),
    "faults": (str, dict, list, tuple),
    "forge": (bool,),
    "models": (str, dict, list, tuple),
    "unknown_models": (str,),
    "result": (str, Path, dict, list),
    "intercept": (bool,),
    "port": (int,),
}


def _names() -> list[str]:
    return [one.name for one in fields(Marked)]


def _check(name: str, value: Any) -> None:
    if name not in _TYPES:
        raise OptionError("option of the mockreel marker", name, _names())
    types = _TYPES[name]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise OptionError(f"mockreel marker, {name}", value, [one.__name__ for one in types])


def _cast(name: str, value: Any) -> Any:
    if name in ("providers", "rules", "allow"):
        return (value,) if isinstance(value, str) else tuple(value)
    if name in ("faults", "models"):
        return (value,) if isinstance(value, str | dict) else tuple(value)
    if name == "keys":
        return tuple(_key(one) for one in value)
    if name == "code":
        return str(value)
    return Path(value) if name == "data" else value


def _key(entry: Any) -> KeyEntry:
    if isinstance(entry, KeyEntry):
        return entry
    valid = [one.name for one in fields(KeyEntry)]
    if not isinstance(entry, Mapping) or not {"key", "account"} <= set(entry) <= set(valid):
        keys = sorted(entry) if isinstance(entry, Mapping) else type(entry).__name__  # the values may be keys
        raise OptionError("mockreel marker, keys", keys, valid, then="An entry has a key and an account.")
    faults = entry.get("faults")
    return KeyEntry(**{**entry, "faults": None if faults is None else read_faults(faults)})
