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

# Where a held clock begins unless told: 2026-01-01T00:00:00Z.
START = 1_767_225_600.0


@dataclass(frozen=True, slots=True)
class Marked:
    """How a test wants its mock server.

    Args:
        providers: who is played; all if empty.
        scenario: the scenario of every request that preferences none; `code` picks the failure or the error in it.
        seed: from which all randomness comes.
        held: the clock stands still, and `stage.advance` moves it; else it runs at `speed`.
        start: where the clock begins, seconds since the epoch; a held one begins with 2026, a running one now.
        pace: how long jobs take.
        readings: options by reading id.
        keys: further keys that are admitted, as entries of a keys file.
        budget: what every account begins with, `5` or `{"runflow": 5}`; without one nobody is refused.
        assume_price: what a job of unknown price counts for; as the contracts say if None.
        data: a further data folder.
        strict: fail the test where the client broke the contract; as `--mockreel-strict` says if None.
        rules: which client rules count: `default`, `all`, or ids; as `--mockreel-rules` says if empty.
        allow: ids of client rules that may be broken in spite of `strict`.
        faults: what is damaged on purpose: texts (`"reset; operation=get_run; nth=2"`) or mappings.
        models: further models: texts (`"runflow:acme/dance=dance.json"`) or mappings of provider, id, schema or like,
            output, price.
        unknown_models: `accept` takes a model that nobody knows, with any input.
        result: what every job answers with: the path of a file, a URL, or JSON.
        forge: send a forged copy before each signed callback, which no client should take.
        intercept: answer calls to the providers' real hosts too, in httpx, requests and aiohttp of this process.
        port: control's port, the providers take the following ones; that of the test run if None.
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
        """Where the clock begins; None is now."""
        return START if self.start is None and self.held else self.start


class MarkerOptions(TypedDict, total=False):
    """The same as keywords of the marker, in all the forms that they may have."""

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
    """The options of a test from its markers, the closest first; the closest that says something counts.

    Raises:
        OptionError: an option that does not exist, or a value of another type.
    """
    given: dict[str, Any] = {}
    for mark in marks:
        if mark.args:
            raise OptionError("mockreel marker", mark.args, _names(), then="All options are keywords.")
        given = {**mark.kwargs, **given}
    for name, value in given.items():
        _check(name, value)
    marked = Marked(**{name: _cast(name, value) for name, value in given.items()})
    if marked.rules or marked.allow:
        from mockreel.simulator.client_rules import RULES, select  # noqa: PLC0415

        select(RULES, named=marked.rules, allow=marked.allow, source="mockreel marker, ")
    return marked


# The types that each option takes.
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
        shown = sorted(entry) if isinstance(entry, Mapping) else type(entry).__name__  # what stands there may be a key
        raise OptionError("mockreel marker, keys", shown, valid, then="An entry has a key and an account.")
    faults = entry.get("faults")
    return KeyEntry(**{**entry, "faults": None if faults is None else read_faults(faults)})
