"""When money changes hands (`money` in `pricing.yaml`): held, taken, given back, and who may still begin a job."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, get_args

from mockreel.contract.data.parser import Cursor, decimal, evidence
from mockreel.contract.rows import Evidence, Lifecycle
from mockreel.errors import DataError

# What must be left for a job to begin: its whole price, anything at all, or nothing.
Needs = Literal["price", "something", "nothing"]

# Where a row names the states in which something happens, this is the moment before all of them.
SUBMIT = "submit"
# The error response of who has too little, unless a row names another.
REFUSAL = "insufficient-credit"


@dataclass(frozen=True, slots=True)
class Money:
    """The rows about money of one provider. States are our names; amounts are in `currency`.

    Args:
        units: how many of another unit one of the currency is (`credits`).
        held: whether a job's price is set aside from its submit to its end.
        shows_held: whether the balance that the provider tells still has in it what is held.
        taken: the states at which a price is taken; `submit` is the submit itself.
        given_back: the end states that cost nothing: what was held or taken goes back.
        needs: what must be left for a job to begin, and `batch` for all jobs of a batch together.
        error response: the error row of who has less.
        overdraft: whether a balance may fall below nothing.
        stops: the failure of the jobs in flight when nothing is left; None where they go on.
        opening: what an account shows that has no limit; None where such an account shows no money.
        unknown: what is taken for a job whose price is unknown; None where it is only counted.
        evidence: why each row is believed.
    """

    currency: str
    units: Mapping[str, Decimal] = field(default_factory=dict)
    held: bool = False
    shows_held: bool = False
    taken: frozenset[str] = frozenset()
    given_back: frozenset[str] = frozenset()
    needs: Needs = "something"
    batch: Needs = "something"
    refusal: str = REFUSAL
    overdraft: bool = True
    stops: str | None = None
    opening: Decimal | None = None
    unknown: Decimal | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    worked: frozenset[str] = frozenset()  # end states in which only the work until then is paid

    @property
    def at_submit(self) -> bool:
        """Whether a price is taken at the submit."""
        return SUBMIT in self.taken

    def keeps(self, state: str) -> bool:
        """Whether a job that ends in this state is paid for."""
        return state not in self.given_back

    def unit(self, name: str) -> Decimal | None:
        """How many of a unit are one of the currency; None for what is no unit of it."""
        return Decimal(1) if name == self.currency else self.units.get(name)


def money(file: Cursor, lifecycle: Lifecycle, *, errors: Collection[str], failures: Collection[str]) -> Money:
    """What `pricing.yaml` says of money, beside the prices; what it does not say is as an unlimited account has it.

    Args:
        errors: the names of the rows that an error response may be.
        failures: the names of the failures that jobs in flight may end with.

    Raises:
        DataError: a row names what is not there, leaves an end state open, or contradicts another.
    """
    rows = file.maybe("money") or Cursor(f"{file.where} /money", {})
    taken, given_back = _moments(rows, "taken", lifecycle), _moments(rows, "given_back", lifecycle)
    held, admission, batch = (rows.maybe(name) for name in ("held", "admission", "batch"))
    needs: Needs = admission.at("needs").choice(get_args(Needs)) if admission else "something"
    found = Money(
        file.at("currency").text(),
        _units(file),
        _holds(held, lifecycle),
        held.get("shown", False) if held else False,
        taken if taken is not None else frozenset(name for name, kind in _ends(lifecycle) if _pays(kind)),
        given_back if given_back is not None else frozenset(name for name, kind in _ends(lifecycle) if not _pays(kind)),
        needs,
        batch.at("needs").choice(get_args(Needs)) if batch else needs,
        _refusal(admission, errors),
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
    named = row.maybe("worked") if row else None
    if named is None:
        return frozenset()
    valid = tuple(state for state, _ in _ends(lifecycle))
    return frozenset(Cursor(named.where, state).choice(valid) for state in named.texts())


def _holds(row: Cursor | None, lifecycle: Lifecycle) -> bool:
    if row is None:
        return False
    moments = _moments(Cursor(row.where, {"held": row.value}), "held", lifecycle)
    if moments and moments != {SUBMIT}:
        what = f"money is held at {', '.join(sorted(moments))}"
        raise DataError(row.where, what, expected=f"on: [{SUBMIT}], or on: [] where nothing is")
    return bool(moments)


def _units(file: Cursor) -> dict[str, Decimal]:
    """The units that are so many to one of the currency."""
    units = file.maybe("units") or Cursor(file.where, {})
    found = units.each(lambda _, row: row)
    return {name: decimal(row.at("amount")) for name, row in found.items() if row.maybe("per") is not None}


def _flag(rows: Cursor, name: str, key: str, *, default: bool) -> bool:
    row = rows.maybe(name)
    return row.get(key, default) if row else default


def _refusal(admission: Cursor | None, errors: Collection[str]) -> str:
    named = admission.maybe("refusal") if admission else None
    return str(named.choice(tuple(errors))) if named else REFUSAL


def _stops(rows: Cursor, failures: Collection[str]) -> str | None:
    if _flag(rows, "in_flight", "goes_on", default=True):
        return None
    return str(rows.at("in_flight").at("failure").choice(tuple(failures)))


def _amount(row: Cursor | None, key: str) -> Decimal | None:
    found = row.maybe(key) if row else None
    return decimal(found) if found else None


def _check(money: Money, rows: Cursor, lifecycle: Lifecycle) -> None:
    """Each end state costs something or nothing, and a balance that may not be overdrawn is guarded."""
    for name, _ in _ends(lifecycle):
        taken, given_back = money.at_submit or name in money.taken, name in money.given_back
        if not taken and not given_back:
            then = "A price is taken there, or given back."
            raise DataError(rows.where, f"nothing is said of jobs that end as {name!r}", then=then)
        if given_back and name in money.taken:
            raise DataError(rows.where, f"jobs that end as {name!r} are both taken and given back")
    if not money.overdraft and not (money.needs == "price" and (money.held or money.at_submit)):
        what = "no overdraft is allowed, and nothing prevents one"
        then = "Where it is not, a job needs its price, and that is held or taken at submit."
        raise DataError(f"{rows.where} /overdraft", what, then=then)
    if money.stops is not None and (money.held or money.at_submit):
        what = "jobs in flight stop when nothing is left, and what they cost is held or taken at submit"
        raise DataError(f"{rows.where} /in_flight", what, then="Then it is paid already, and they go on.")
