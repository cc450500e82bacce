"""The sets of readings under which a test is run: the default, each other option alone, all others together."""

from collections.abc import Iterator, Mapping

from mockreel.contract import Contract

DEFAULT = "default"
TOGETHER = "all-others"


def sets(contracts: Mapping[str, Contract]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each set with its name; of a reading with several other options the first is in the last set."""
    yield DEFAULT, {}
    others: dict[str, str] = {}
    for provider, contract in contracts.items():
        for reading in contract.readings.values():
            for option in reading.options:
                if option != reading.default:
                    name = f"{provider}:{reading.id}"
                    others.setdefault(name, option)
                    yield f"{name}={option}", {name: option}
    if others:
        yield TOGETHER, others
