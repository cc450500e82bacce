"""Which readings a new cassette supports: the defaults if its responses are valid under them, else those that help."""

from pathlib import Path

from mockreel.cassettes.cassette import Cassette
from mockreel.cassettes.contract_check import Validity
from mockreel.cassettes.expectation import Place
from mockreel.contract import Contract, load_contract
from mockreel.errors import MockreelError


def supported(contract: Contract, cassette: Cassette, *, root: Path | None = None) -> tuple[dict[str, str], int]:
    """The options to choose, and how many violations remain: an option is chosen if it removes one."""
    chosen, wrong = dict[str, str](), _wrong(contract, cassette)
    for reading in contract.readings.values():
        for option in reading.options:
            if not wrong:
                return chosen, wrong
            if option == reading.default:
                continue
            candidate = {**chosen, reading.id: option}
            remaining = _wrong_under(candidate, contract, cassette, root)
            if remaining is not None and remaining < wrong:
                chosen, wrong = candidate, remaining
    return chosen, wrong


def _wrong_under(readings: dict[str, str], contract: Contract, cassette: Cassette, root: Path | None) -> int | None:
    """The number of violations under these readings; None if they cannot be combined."""
    try:
        return _wrong(load_contract(contract.provider, readings=readings, root=root), cassette)
    except MockreelError:
        return None


def _wrong(contract: Contract, cassette: Cassette) -> int:
    validity = Validity(contract)
    places = [Place("exchange", number) for number in range(len(cassette.exchanges))]
    places += [Place("callback", number) for number in range(len(cassette.callbacks))]
    own = [place for place in places if place.kind == "callback" or _is_own(contract, cassette, place.number)]
    return sum(1 for place in own for _ in validity.wrong(cassette, place))


def _is_own(contract: Contract, cassette: Cassette, number: int) -> bool:
    return cassette.exchanges[number].uri.startswith(tuple(f"https://{host}/" for host in contract.hosts))
