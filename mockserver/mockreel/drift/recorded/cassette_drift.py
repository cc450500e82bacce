"""Compare the contract with recorded exchanges: what a cassette shows that the contract does not state."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mockreel.cassettes import Cassette, read_cassette
from mockreel.cassettes.replay.client_replay import Readback
from mockreel.contract import Contract, load_contract
from mockreel.contract.messages.json_text import parsed_json
from mockreel.contract.pointers import first
from mockreel.drift.finding import NOTHING, Finding
from mockreel.drift.recorded.error_drift import ErrorJudge
from mockreel.drift.recorded.lifecycle_drift import LifecycleJudge
from mockreel.drift.recorded.price_drift import PriceJudge
from mockreel.drift.recorded.recorded_exchange import Recorded
from mockreel.drift.recorded.request_drift import RequestJudge
from mockreel.drift.recorded.response_drift import ResponseJudge
from mockreel.errors import OptionError
from mockreel.webhooks.payloads import documented


@dataclass
class Judges:
    """Contracts by provider and readings, each with its response judge."""

    root: Path
    _loaded: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[Contract, ResponseJudge]] = field(default_factory=dict)

    def of(self, cassette: Cassette) -> tuple[Contract, ResponseJudge]:
        """The contract that a cassette is compared with."""
        key = (cassette.provider, tuple(sorted(cassette.reading.items())))
        if key not in self._loaded:
            contract = load_contract(cassette.provider, readings=cassette.reading, root=self.root)
            self._loaded[key] = contract, ResponseJudge(contract, self.root)
        return self._loaded[key]


def cassettes_drift(root: Path, paths: Iterable[Path], names: Sequence[str] = ()) -> Iterator[Finding]:
    """The differences between the contract and cassettes; one finding each, for the first cassette that shows it.

    Args:
        paths: cassettes, or folders of them.
        names: only the cassettes of these providers.

    Raises:
        OptionError: no cassette was found.
        RecordingError: a cassette cannot be read.
    """
    files = [file for path in paths for file in (sorted(path.rglob("*.y*ml")) if path.is_dir() else [path])]
    if not files:
        raise OptionError("--against", ", ".join(map(str, paths)), then="No cassette (*.yaml) is there.")
    seen: set[str] = set()
    judges = Judges(root)
    for cassette in (read_cassette(file, root=root) for file in files):
        if names and cassette.provider not in names:
            continue
        for finding in cassette_drift(root, cassette, judges):
            if finding.id not in seen:
                seen.add(finding.id)
                yield finding


def cassette_drift(root: Path, cassette: Cassette, judges: Judges | None = None) -> Iterator[Finding]:
    """The differences between the contract and one cassette, under the cassette's readings."""
    contract, responses = (judges or Judges(root)).of(cassette)
    back = Readback(contract, cassette, root)
    every = (
        responses,
        ErrorJudge(contract, back.core),
        PriceJudge(contract, back.core, back.phrases),
        RequestJudge(contract, back.core),
        LifecycleJudge(contract, back.core, back.phrases),
    )
    for number, exchange in enumerate(cassette.exchanges):
        recorded = Recorded(cassette, number, back.phrases.operation(exchange), root)
        for judge in every:
            yield from judge.drift(recorded)
    yield from _callbacks(contract, cassette)


def _callbacks(contract: Contract, cassette: Cassette) -> Iterator[Finding]:
    """The violations of the callback schema that is nearest to each payload."""
    payloads = documented(contract)
    for number, callback in enumerate(cassette.callbacks):
        payload = parsed_json(callback.body)
        where = f"{cassette.path.name} callback {number}"
        if not isinstance(payload, dict):
            id_, says = f"{cassette.provider}/recorded/callback/body", "a callback whose body is no JSON object"
            body = callback.body[:400].decode("utf-8", "replace")
            yield Finding(id_, where, NOTHING, body, "breaking for replies", says, body, cassette.source)
            continue
        nearest = min(payloads, key=lambda one: len(one.wrong(payload)), default=None)
        if nearest is None or nearest.webhook is None or first(payload, (nearest.webhook.id,)) is None:
            id_, says = f"{cassette.provider}/recorded/callback", "an unknown callback"
            yield Finding(id_, where, NOTHING, payload, "compatible", says, payload, cassette.source)
            continue
        for one in nearest.wrong(payload):
            id_ = f"{cassette.provider}/recorded/{nearest.operation.id}/callback{one.pointer}/{one.keyword}"
            after = NOTHING if one.keyword == "required" else one.value
            says = f"a callback breaks `{one.keyword}`"
            yield Finding(id_, where, one.limit, after, "breaking for replies", says, payload, cassette.source)
