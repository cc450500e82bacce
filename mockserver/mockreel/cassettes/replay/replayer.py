"""Replay cassettes: against the contract, through the reference client, and beside the mock server."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockreel.cassettes.cassette import Cassette, cassettes_of, read_cassette
from mockreel.cassettes.contract_check import Validity
from mockreel.cassettes.expectation import Expectation, KnownDifference, Place, expectation
from mockreel.cassettes.replay.client_replay import Readback
from mockreel.cassettes.replay.json_shape import Difference
from mockreel.cassettes.replay.mock_comparison import ComparedMock
from mockreel.contract import Contract, load_contract
from mockreel.errors import MockreelError


@dataclass(frozen=True, slots=True)
class Unlike:
    """One difference between the mock server and the recording; `why` is the reason that the cassette gives for it."""

    place: Place
    difference: Difference
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result for one cassette.

    Args:
        invalid: violations in its responses.
        misread: where the reference client's result differs from the stated one.
        unlike: where the mock server's responses have another shape.
        gone: known differences that no longer occur.
        unused: exchanges that no call requested.
        remarks: differences between the client's requests and the recorded ones.
        outside: what the contract does not cover, with the reason.
        broke: why it could not be replayed.
        version: the contract's current version, which may be later than the cassette's.
    """

    path: Path
    cassette: Cassette | None = None
    invalid: tuple[str, ...] = ()
    misread: tuple[str, ...] = ()
    unlike: tuple[Unlike, ...] = ()
    gone: tuple[KnownDifference, ...] = ()
    unused: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    outside: tuple[tuple[Place, str], ...] = ()
    broke: str = ""
    version: str = ""

    @property
    def unexplained(self) -> tuple[Unlike, ...]:
        """Differences for which no reason is given."""
        return tuple(one for one in self.unlike if one.why is None)

    @property
    def holds(self) -> bool:
        """Whether its responses are valid, the client gets what it states, and each difference has a reason."""
        return not (self.invalid or self.misread or self.broke or self.unexplained)

    @property
    def tidy(self) -> bool:
        """Whether all that it states occurs: each exchange is requested, each known difference found."""
        return not (self.unused or self.gone)


@dataclass
class Replay:
    """Replays cassettes; contracts are loaded once for each set of readings."""

    root: Path | None = None
    _held: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[Contract, Validity]] = field(default_factory=dict)

    def paths(self, providers: Iterable[str]) -> Iterator[Path]:
        """Where the cassettes of some providers lie."""
        for provider in providers:
            yield from cassettes_of(provider, self.root)

    def each(self, paths: Iterable[Path]) -> Iterator[Replayed]:
        """Every cassette, replayed; one that cannot be is among them, with the reason."""
        for path in paths:
            try:
                yield self.replay(read_cassette(path, root=self.root))
            except MockreelError as problem:
                yield Replayed(path, broke=str(problem))

    def replay(self, cassette: Cassette) -> Replayed:
        """One cassette, three ways.

        Raises:
            MockreelError: what it states of itself does not fit.
        """
        stated = expectation(cassette)
        contract, validity = self.contract_and_validity(cassette.provider, cassette.reading)
        places = [Place("exchange", number) for number in range(len(cassette.exchanges))]
        places += [Place("callback", number) for number in range(len(cassette.callbacks))]
        inside = [place for place in places if place not in stated.outside]
        back = Readback(contract, cassette, self.root)
        misread = tuple(_misread(back, stated))
        unlike, gone = self._mock_differences(contract, cassette, stated, back, inside)
        return Replayed(
            cassette.path,
            cassette,
            tuple(_invalid(validity, cassette, inside, stated)),
            misread,
            unlike,
            gone,
            tuple(one for one in back.player.unused if Place("exchange", one) in inside),
            tuple(back.remarks),
            tuple(stated.outside.items()),
            version=str(contract.document["info"]["version"]),
        )

    def contract_and_validity(self, provider: str, readings: Mapping[str, str]) -> tuple[Contract, Validity]:
        """A contract under a set of readings, with what judges responses by it."""
        key = (provider, tuple(sorted(readings.items())))
        if key not in self._held:
            contract = load_contract(provider, readings=readings, root=self.root)
            self._held[key] = contract, Validity(contract)
        return self._held[key]

    def _mock_differences(
        self, contract: Contract, cassette: Cassette, stated: Expectation, back: Readback, inside: list[Place]
    ) -> tuple[tuple[Unlike, ...], tuple[KnownDifference, ...]]:
        with ComparedMock(contract, cassette, back.phrases, stated.play) as mock_server:
            found = [(place, one) for place in inside for one in mock_server.differences(place)]
        used: set[KnownDifference] = set()
        unlike = []
        for place, one in found:
            known = next((row for row in stated.known if row.place == place and _means(row, one)), None)
            used |= {known} if known else set()
            unlike.append(Unlike(place, one, known.why if known else None))
        return tuple(unlike), tuple(row for row in stated.known if row not in used)


def _means(known: KnownDifference, difference: Difference) -> bool:
    return known.what == difference.what and difference.is_at(known.at)


def _invalid(validity: Validity, cassette: Cassette, inside: list[Place], stated: Expectation) -> Iterator[str]:
    for place in inside:
        yield from (f"{place}: {text}" for text in validity.wrong(cassette, place))
    for place in stated.outside:
        if validity.is_covered(cassette, place):
            yield f"{place}: it is stated to be outside the contract, and the contract has it now"


def _misread(back: Readback, stated: Expectation) -> Iterator[str]:
    """Where the client got something else than the cassette states; what it states is a part of what there is."""
    if not stated.calls and not stated.callbacks and not stated.outside:
        yield "its `expect` states no calls, so there is nothing to compare"
    for call in stated.calls:
        try:
            yield from (f"{call}: {text}" for text in _unmet(call.gives, back.call(call)))
        except MockreelError as problem:
            yield f"{call}: {problem}"
    for notice in stated.callbacks:
        result = back.callback(back.cassette.callbacks[notice.of])
        yield from (f"callback {notice.of}: {text}" for text in _unmet(notice.gives, result))


def _unmet(stated: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    if not stated:
        yield f"nothing is stated; the client got {dict(result)}"
    for key, value in stated.items():
        if result.get(key) != value:
            yield f"{key} is {result.get(key)!r} instead of {value!r} (the client got {dict(result)})"
