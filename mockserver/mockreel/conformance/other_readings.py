"""Which other reading of the docs a target may play, where it falls short of the chosen one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mockreel.conformance.check import Outcome
from mockreel.conformance.check_context import Scene
from mockreel.conformance.check_runner import REPLIES, replies_outcome, run_one
from mockreel.conformance.checks import EVERY
from mockreel.conformance.jobs.job_traces import Story
from mockreel.contract import Contract
from mockreel.contract.exchanges.exchange import Ask, Told
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.mock_target import LeftOut, Target
from mockreel.simulator.simulator import load_contracts

if TYPE_CHECKING:
    from mockreel.conformance.suite import Plan


class _Remembering:
    """A target that answers what it answered before; it is asked nothing anew."""

    def __init__(self, honest: Target, log: Sequence[tuple[Ask, Told]]) -> None:
        self.own, self.base_url, self.keys = honest.own, honest.base_url, honest.keys
        self.receiver = honest.receiver
        self.plays = getattr(honest, "plays", False)
        self._now = honest.now()
        self._known: dict[tuple[str, ...], list[Told]] = {}
        for ask, told in log:
            self._known.setdefault(_key(ask), []).append(told)

    def send(self, ask: Ask) -> Told:
        told = self._known.get(_key(ask))
        if not told:
            raise LeftOut("it was not asked before")
        return told[0] if len(told) == 1 else told.pop(0)

    def fetch(self, url: str) -> Told:
        raise LeftOut(f"{url} is not fetched anew")

    def now(self) -> float:
        return self._now

    def wait(self, seconds: float) -> None:
        """Nothing is waited for."""

    def close(self) -> None:
        """Nothing is open."""


def _key(ask: Ask) -> tuple[str, ...]:
    headers = sorted(f"{name}:{value}" for name, value in ask.headers.items() if name.lower() != "idempotency-key")
    return (ask.method, ask.path, ask.query, ask.who, ask.body.decode("latin-1"), *headers)


def fitting_readings(scene: Scene, plan: "Plan", outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each other reading under which what was seen has fewer faults, the best first."""
    failing = {one.check: len(one.findings) for one in outcomes if one.verdict in ("falls short", "doubtful")}
    ours = {name: count for name, count in failing.items() if not name.startswith("generated")}
    if not ours:
        return []
    every = sum(ours.values())
    found = []
    for name, contract in _others(scene.contract, plan):
        left = _faults(scene, contract, set(ours))
        if left < every:
            found.append((left, name))
    return [
        f"the reading {name} would fit {'all' if not left else f'{every - left} of the {every}'} findings: "
        f"check again with --reading {name}"
        for left, name in sorted(found)[:5]
    ]


def _others(contract: Contract, plan: "Plan") -> Iterator[tuple[str, Contract]]:
    """Every other option of every reading, one at a time, with the contract as it is then."""
    for reading in contract.readings.values():
        for option in reading.options:
            chosen = plan.readings.get(
                reading.id, plan.readings.get(f"{contract.provider}:{reading.id}", reading.default)
            )
            if option == chosen:
                continue
            readings = {**plan.readings, f"{contract.provider}:{reading.id}": option}
            try:
                loaded = load_contracts([contract.provider], readings=readings, data=plan.data)
            except MockreelError:  # two options that exclude each other
                continue
            yield f"{reading.id}={option}", loaded[contract.provider]


def _faults(scene: Scene, contract: Contract, names: set[str]) -> int:
    """How many faults these checks find in what was seen, by another contract."""
    other = Scene(contract, _Remembering(scene.target, scene.log), scene.wanted)
    other.adopt(scene, {name: _retold(stories, other) for name, stories in scene.groups.items()})
    found = sum(len(run_one(other, check).findings) for check in EVERY if check.id in names and check.known(other))
    if REPLIES in names:
        other.passing = [
            problem for ask, told in scene.log for problem in other.reply_problems(_asked(ask, contract), told)
        ]
        found += len(replies_outcome(other, 0.0).findings)
    return found


def _asked(ask: Ask, contract: Contract) -> Ask:
    """A request with its operation as another contract has it."""
    return replace(ask, operation=contract.operation(ask.operation.id)) if ask.operation else ask


def _retold(stories: Sequence[Story], other: Scene) -> list[Story]:
    """The same stories in the words of another contract."""
    found = []
    for story in stories:
        talk = other.contract.conversation.jobs.get(story.talk.name)
        if talk is None:
            continue
        submit = other.contract.operation(story.submit.id)
        model = other.contract.models.get(story.model.id) if story.model else None
        looks = [replace(look, word=other.word(talk, look.told)) for look in story.looks]
        ended = [look for look in looks if any(state.terminal for state in other.states(look.word))]
        asked = _asked(story.asked, other.contract)
        poll = _asked(story.poll, other.contract) if story.poll else None
        told = replace(story, talk=talk, submit=submit, model=model, asked=asked, poll=poll, looks=looks)
        found.append(replace(told, ended=bool(ended), ended_at=ended[0].at if ended else None))
    return found
