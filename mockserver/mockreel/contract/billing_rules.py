"""The rules about money (`money` in `pricing.yaml`): held, charged, released, and the balance that a job needs."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, get_args

from mockreel.contract.data.parser import Cursor, decimal, evidence
from mockreel.contract.rows import Evidence, Lifecycle
from mockreel.errors import DataError

# The balance that a job needs to start: its whole price, anything at all, or nothing.
Needs = Literal["price", "something", "nothing"]

# In rows with states, the moment before all of them.
SUBMIT = "submit"
# The error for an insufficient balance, unless a row names another.
INSUFFICIENT_CREDIT = "insufficient-credit"


@dataclass(frozen=True, slots=True)
class Money:
    """The rules about money of one provider. States are our names; amounts are in `currency`.

    Args:
        units: other units (`credits`), as the number that makes one of the currency.
        held: whether a job's price is held from its submit to its end.
        shows_held: whether the provider's balance includes held amounts.
        charged: the states at which a price is charged; `submit` is the submit itself.
        released: the end states that cost nothing: a held or charged price is released.
        needs: the balance that a job needs to start; `batch` is for all jobs of a batch together.
        error: the error definition for an insufficient balance.
        overdraft: whether a balance may be negative.
        stops: the failure of running jobs when the balance is used up; None if they continue.
        opening: the shown balance of an unlimited account; None if it shows none.
        unknown: the charge for a job of unknown price; None if it is only counted.
        evidence: the evidence of each row.
    """

    currency: str
    units: Mapping[str, Decimal] = field(default_factory=dict)
    held: bool = False
    shows_held: bool = False
    charged: frozenset[str] = frozenset()
    released: frozenset[str] = frozenset()
    needs: Needs = "something"
    batch: Needs = "something"
    error: str = INSUFFICIENT_CREDIT
    overdraft: bool = True
    stops: str | None = None
    opening: Decimal | None = None
    unknown: Decimal | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    worked: frozenset[str] = frozenset()  # end states in which only the work so far is charged

    @property
    def at_submit(self) -> bool:
        """Whether a price is charged at the submit."""
        return SUBMIT in self.charged

    def keeps(self, state: str) -> bool:
        """Whether a job that ends in this state is charged."""
        return state not in self.released

    def unit(self, name: str) -> Decimal | None:
        """How many of a unit make one of the currency; None for an unknown unit."""
        return Decimal(1) if name == self.currency else self.units.get(name)


def money(file: Cursor, lifecycle: Lifecycle, *, errors: Collection[str], failures: Collection[str]) -> Money:
    """The rules about money in `pricing.yaml`; the defaults are those of an unlimited account.

    Args:
        errors: the names of the error definitions.
        failures: the names of the failures of jobs.

    Raises:
        DataError: a row has an unknown name, leaves an end state open, or contradicts another row.
    """
    rows = file.maybe("money") or Cursor(f"{file.where} /money", {})
    charged, released = _moments(rows, "taken", lifecycle), _moments(rows, "given_back", lifecycle)
    held, admission, batch = (rows.maybe(name) for name in ("held", "admission", "batch"))
    needs: Needs = admission.at("needs").choice(get_args(Needs)) if admission else "something"
    found = Money(
        file.at("currency").text(),
        _units(file),
        _holds(held, lifecycle),
        held.get("shown", False) if held else False,
        charged if charged is not None else frozenset(name for name, kind in _ends(lifecycle) if _pays(kind)),
        released if released is not None else frozenset(name for name, kind in _ends(lifecycle) if not _pays(kind)),
        needs,
        batch.at("needs").choice(get_args(Needs)) if batch else needs,
        _error(admission, errors),
        _flag(rows, "overdraft", "allowed", default=True),
        _stops(rows, failures),
        _amount(file.maybe("opening_balance"), "amount"),
        _amount(rows.maybe("unknown"), "takes"),
        {name: evidence(row) for name, row in rows.each(lambda _, row: row).items()},
        _worked(rows, lifecycle),
    )
    _check(found, rows, lifecycle)
    return found


def _ends(lifecycle: Lifecycle) -> Iterator[tuple[str, str]]:
    return ((state.name, state.kind) for state in lifecycle.states.values() if state.terminal)


def _pays(kind: str) -> bool:
    return kind in ("succeeded", "partial")


def _moments(rows: Cursor, name: str, lifecycle: Lifecycle) -> frozenset[str] | None:
    row = rows.maybe(name)
    if row is None:
        return None
    on, valid = row.at("on"), (SUBMIT, *(state for state, _ in _ends(lifecycle)))
    return frozenset(Cursor(on.where, moment).choice(valid) for moment in on.texts())


def _worked(rows: Cursor, lifecycle: Lifecycle) -> frozenset[str]:
    row = rows.maybe("taken")
    states = row.maybe("worked") if row else None
    if states is None:
        return frozenset()
    valid = tuple(state for state, _ in _ends(lifecycle))
    return frozenset(Cursor(states.where, state).choice(valid) for state in states.texts())


def _holds(row: Cursor | None, lifecycle: Lifecycle) -> bool:
    if row is None:
        return False
    moments = _moments(Cursor(row.where, {"held": row.value}), "held", lifecycle)
    if moments and moments != {SUBMIT}:
        what = f"money is held at {', '.join(sorted(moments))}"
        raise DataError(row.where, what, expected=f"on: [{SUBMIT}], or on: [] where nothing is")
    return bool(moments)


def _units(file: Cursor) -> dict[str, Decimal]:
    """The other units, as the number that makes one of the currency."""
    units = file.maybe("units") or Cursor(file.where, {})
    found = units.each(lambda _, row: row)
    return {name: decimal(row.at("amount")) for name, row in found.items() if row.maybe("per") is not None}


def _flag(rows: Cursor, name: str, key: str, *, default: bool) -> bool:
    row = rows.maybe(name)
    return row.get(key, default) if row else default


def _error(admission: Cursor | None, errors: Collection[str]) -> str:
    name = admission.maybe("refusal") if admission else None
    return str(name.choice(tuple(errors))) if name else INSUFFICIENT_CREDIT


def _stops(rows: Cursor, failures: Collection[str]) -> str | None:
    if _flag(rows, "in_flight", "goes_on", default=True):
        return None
    return str(rows.at("in_flight").at("failure").choice(tuple(failures)))


def _amount(row: Cursor | None, key: str) -> Decimal | None:
    found = row.maybe(key) if row else None
    return decimal(found) if found else None


def _check(money: Money, rows: Cursor, lifecycle: Lifecycle) -> None:
    """Check that each end state is charged or released, and that a balance without overdraft is protected."""
    for name, _ in _ends(lifecycle):
        charged, released = money.at_submit or name in money.charged, name in money.released
        if not charged and not released:
            then = "Charge the price there (`taken`), or release it (`given_back`)."
            raise DataError(rows.where, f"no rule for jobs that end as {name!r}", then=then)
        if released and name in money.charged:
            raise DataError(rows.where, f"jobs that end as {name!r} are both charged and released")
    if not money.overdraft and not (money.needs == "price" and (money.held or money.at_submit)):
        what = "no overdraft is allowed, and nothing prevents one"
        then = "Without it, a job needs its price, which is held or charged at submit."
        raise DataError(f"{rows.where} /overdraft", what, then=then)
    if money.stops is not None and (money.held or money.at_submit):
        what = "running jobs stop when nothing is left, but their price is held or charged at submit"
        raise DataError(f"{rows.where} /in_flight", what, then="They are paid already, so let them continue.")
