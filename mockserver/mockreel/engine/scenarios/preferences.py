"""The preferences of a request's `Prefer` header: scenarios and faults, and whether the provider has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from mockreel.contract import Contract, ErrorRow, Scenarios
from mockreel.engine.faults import NO_FAULTS, Fault, Faults
from mockreel.engine.faults.fault import split_parameter
from mockreel.errors import FaultError, OptionError, nearest


@dataclass(frozen=True, slots=True)
class Preference:
    """A scenario by name, with its code."""

    scenario: str
    code: str | None = None


def preferred(header: bytes | None) -> Preference | None:
    """The wish in a `Prefer` header (RFC 7240): `scenario=fail; code=X`; None where it names no scenario."""
    if header is None or b"scenario" not in header.lower():
        return None
    for preference in header.decode("latin-1").split(","):
        words = dict(split_parameter(part) for part in preference.split(";"))
        if "scenario" in words:
            return Preference(words["scenario"], words.get("code"))
    return None


def preferred_faults(header: bytes | None) -> Faults:
    """The faults in a `Prefer` header: `fault=delay; seconds=2, fault=callback-lost`; none where it names none.

    Raises:
        FaultError: there is no such fault, parameter or value, or there are two of a sort.
    """
    if header is None or b"fault" not in header.lower():
        return NO_FAULTS
    return Faults.of(_faults(header.decode("latin-1")))


def _faults(header: str) -> Iterator[Fault]:
    """Each fault with what follows it in its preference, but for a scenario's own words."""
    for preference in header.split(","):
        words = [split_parameter(part) for part in preference.split(";") if part.strip()]
        names = [name for name, _ in words]
        if "fault" in names:
            (_, fault), *rest = words[names.index("fault") :]
            yield Fault.of(fault.lower(), {name: value for name, value in rest if name not in ("scenario", "code")})


def check_fault(contract: Contract, fault: Fault) -> None:
    """See that a fault can befall what a provider sends.

    Raises:
        FaultError: it has no callbacks, or does not sign them.
    """
    if fault.kind.sort == "callback" and not contract.callbacks.policies:
        then = f"{contract.title} documents no callback, so none is sent that could be damaged."
        raise FaultError(f"fault for {contract.provider}", fault.name, then=then)
    if fault.kind.signs and contract.callbacks.signature is None:
        then = f"{contract.title} signs no callback, so no signature can be wrong."
        raise FaultError(f"fault for {contract.provider}", fault.name, then=then)


def check_preference(contract: Contract, preference: Preference) -> None:
    """See that a provider has what is wished.

    Raises:
        OptionError: it has no such scenario; the message lists what there is.
    """
    if preference.scenario not in contract.scenarios.names:
        raise OptionError(f"scenario for {contract.provider}", preference.scenario, contract.scenarios.names)


def refusal(contract: Contract, preference: Preference) -> ErrorRow | None:
    """The error row of a response scenario; None for a job scenario.

    Raises:
        OptionError: no error row has the code.
    """
    scenarios: Scenarios = contract.scenarios
    scenario = scenarios.requests.get(preference.scenario)
    if scenario is None:
        return None
    if scenario.row != "by-code":
        return contract.errors[scenario.row]
    return error_by_code(contract, preference.code)


def error_by_code(contract: Contract, code: str | None) -> ErrorRow:
    """The error row with that name or wire code."""
    rows = contract.errors.values()
    for row in rows:
        if code is not None and code in (row.name, str(row.code)):
            return row
    valid = sorted({*contract.errors, *(str(row.code) for row in rows if row.code is not None)})
    raise OptionError(f"error code for {contract.provider}", code, valid)


def is_able(contract: Contract, fault: Fault) -> bool:
    """Whether a fault can befall what a provider sends."""
    try:
        check_fault(contract, fault)
    except FaultError:
        return False
    return True


# The preferences registered with IANA: they are for the provider, and need no hint.
_REGISTERED = frozenset({"depth-noroot", "handling", "respond-async", "return", "safe", "transclude", "wait"})
# Marks a request that breaks a client rule on purpose; read by the checks of client rules.
EXPECT_VIOLATION = "expect-violation"
# How near a word must be to one of ours to be a slip, 0 to 1.
_SLIP = 0.7
# The most preferences without effect that are reported for one request.
MOST_IGNORED = 10


def ignored(header: bytes) -> Iterator[str]:
    """The preferences without effect that were probably meant to have one, with hints; only the first ones."""
    return islice(_ignored(header), MOST_IGNORED)


def _ignored(header: bytes) -> Iterator[str]:
    for preference in header.decode("latin-1").split(","):
        words = [split_parameter(part) for part in preference.split(";") if part.strip()]
        names = [name for name, _ in words]
        if "scenario" in names or "fault" in names:
            yield from _strange(words, "fault" in names)
        elif names and "code" in names:
            code = dict(words)["code"][:80]
            yield f"Prefer: code={code!r} names no scenario, and is ignored: write scenario=…; code=…"
        elif names and names[0] not in (*_REGISTERED, EXPECT_VIOLATION):
            known = ("scenario", "fault", EXPECT_VIOLATION)
            yield f"Prefer: {names[0][:80]!r} is not known, and is ignored{_nearest(names[0], known)}"


def _strange(words: list[tuple[str, str]], faulty: bool) -> Iterator[str]:
    """The words beside a scenario that are ignored; those beside a fault are checked with it."""
    if faulty:
        return
    for name, _ in words:
        if name not in ("scenario", "code", *_REGISTERED):
            yield f"Prefer: {name[:80]!r} says nothing of a scenario, and is ignored{_nearest(name, ('code',))}"


def _nearest(name: str, known: tuple[str, ...]) -> str:
    found = nearest(name, known, most=1, least=_SLIP)
    return f": did you mean {found[0]}=…?" if found else f"; known are {', '.join(known)}"
