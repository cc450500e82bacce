"""One row made false, and which checks notice: what is played is false, or what it is judged by."""

import json
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from conformance.mutants.honest_run import honest_run
from conformance.mutants.mutant import Mutant, reason_for
from conformance.saboteurs.saboteur import Stranger, honest_contract

from mockreel._data import data_root
from mockreel.conformance.check import Check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import REPLIES, run
from mockreel.conformance.checks import EVERY, differential
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Contract, load_contract
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.mock_target import MockTarget

State = Literal["noticed", "missed", "cannot be played", "reason", "not tried"]
# What a contract that cannot be read, or a simulator that cannot begin to play it, ends with.
_UNREADABLE = (MockreelError, KeyError, ValueError, TypeError, AttributeError, IndexError)
# So many ways to make a row false are tried, as far as they can be played.
_MOST_WAYS: Mapping[str, int] = {"how clients speak": 8, "wire facts": 4, "webhooks": 4, "error responses": 4}
# What notices most rows of a kind is asked alone first: a whole run takes ten times as long.
_FIRST: Mapping[str, frozenset[str]] = {
    "models": frozenset({"body.taken", "body.refused"}),
    "prices": frozenset({"price.quoted", "price.listed"}),
    "error responses": frozenset({"refusal.rows"}),
}
# It asks every path of every model, which takes as long as all others together; what it notices others notice too.
_DEAR = "refusal.no-key"


@dataclass(frozen=True)
class Verdict:
    """What became of a row: whether it was noticed, by which checks, or why no check could."""

    state: State
    checks: tuple[str, ...] = ()
    reason: str = ""


UNTRIED = Verdict("not tried", reason="not tried yet")


@dataclass(frozen=True)
class _Trial:
    """A false contract beside the honest one, and the checks that are asked."""

    played: Contract
    judge: Contract
    options: CheckOptions
    checks: tuple[Check, ...] = EVERY


def try_mutant(mutant: Mutant) -> Verdict:
    """The verdict on a row: noticed if one of the first ways to make it false that can be played is."""
    if reason := reason_for(mutant):
        return Verdict("reason", reason=reason)
    played = 0
    for document in mutant.false():
        with tempfile.TemporaryDirectory() as folder:
            _copy(Path(folder), mutant, document)
            try:
                false = load_contract(mutant.provider, root=Path(folder))
            except _UNREADABLE:
                continue
            found = _noticing_checks(mutant, false)
        if found:
            return Verdict("noticed", found)
        played += found is not None
        if played == _MOST_WAYS.get(mutant.kind, 2):
            break
    return Verdict("missed") if played else Verdict("cannot be played")


def _noticing_checks(mutant: Mutant, false: Contract) -> tuple[str, ...] | None:
    """The checks that notice in the first trial in which any does; None where no trial came to its end."""
    stopped_early = False
    if mutant.kind == "messages" and honest_run(mutant.provider).forbids(false):
        return (REPLIES,)
    if mutant.kind == "how clients speak":
        with suppress(*_UNREADABLE):
            stopped_early = True
            if again := honest_run(mutant.provider).first_check(false):
                return again
    for trial in _trials(mutant, false, honest_contract(mutant.provider)):
        found = _checks_of_trial(trial)
        if found:
            return found
        stopped_early = stopped_early or found is not None
    return () if stopped_early else None


def _trials(mutant: Mutant, false: Contract, honest: Contract) -> Iterator[_Trial]:
    """From the cheapest to the dearest; the last is held beside a model, as a server of somebody else's is."""
    pairs = [(false, honest), (honest, false)]
    if mutant.kind == "how clients speak":  # which a server does not read; the other checks have judged it
        yield _Trial(honest, false, CheckOptions(quick=True), honest_run(mutant.provider).anew)
        yield _Trial(honest, false, CheckOptions(quick=True), tuple(one for one in EVERY if one.id != _DEAR))
        return
    if mutant.kind == "wire facts":  # which only a server reads
        pairs = pairs[:1]
    for checks in _portions(mutant.kind):
        for played, judge in pairs:
            models = _model_of(mutant, judge) if mutant.kind in ("models", "prices") else ()
            yield _Trial(played, judge, CheckOptions(quick=not models, models=models), checks)
    if mutant.kind == "wire facts":
        yield _Trial(false, honest, CheckOptions(quick=True, differential=True, budget=100_000), differential.CHECKS)


@cache
def _portions(kind: str) -> tuple[tuple[Check, ...], ...]:
    """The checks in portions: those that notice most rows of a kind, without jobs, with few jobs, the rest."""
    left = [check for check in EVERY if check.id != _DEAR]
    portions = []
    for fits in (
        lambda check: check.id in _FIRST.get(kind, ()),
        lambda check: not check.uses,
        lambda check: check.uses == (PLAIN,),
        lambda _: True,
    ):
        portions.append(tuple(check for check in left if fits(check)))
        left = [check for check in left if check not in portions[-1]]
    return tuple(filter(None, portions))


def _checks_of_trial(trial: _Trial) -> tuple[str, ...] | None:
    """The checks that notice; None where the simulator cannot play the false contract, or breaks over it."""
    with _broken() as errors:
        try:
            target = (Stranger if trial.options.differential else MockTarget)(trial.played)
        except _UNREADABLE:
            return None
        try:
            context = CheckContext(trial.judge, target, trial.options)
            noticed = _first_that_notices(context, trial.checks)
        except _UNREADABLE:
            return None
        finally:
            target.close()
    return None if errors else noticed


def _first_that_notices(context: CheckContext, checks: Sequence[Check]) -> tuple[str, ...] | None:
    """The first check that finds a fault; None where one breaks, over a name that means nothing for instance."""
    for one in run(context, checks):
        if one.error:
            return None
        if one.verdict in ("falls short", "doubtful"):
            return (one.check,)
        if context.passing:
            return (REPLIES,)
    return ()


@contextmanager
def _broken() -> Iterator[Sequence[str]]:
    """What the simulator reports of itself as broken: a reply that comes of that is no proof."""
    found: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    listener, log = Listener(logging.ERROR), logging.getLogger("mockreel")
    before, log.propagate = log.propagate, False
    log.addHandler(listener)
    try:
        yield found
    finally:
        log.removeHandler(listener)
        log.propagate = before


def _model_of(mutant: Mutant, contract: Contract) -> tuple[str, ...]:
    """The model that a row is about: a run that is not narrowed asks for each of them in the same way."""
    if mutant.kind == "prices":
        return (str(mutant.steps[0]),)
    name = mutant.file.partition(f"{mutant.provider}/")[2]
    return tuple(one.id for one in contract.models.values() if name in (one.schema, *one.routes.values()))


def _copy(folder: Path, mutant: Mutant, document: Any) -> None:
    """The provider's data in a folder of its own, with one file changed; all that can be is a link."""
    root = data_root()
    (folder / "contracts").mkdir()
    (folder / "schemas").mkdir()
    top, provider, *steps = Path(mutant.file).parts
    for one in {"contracts", "schemas"} - {top}:
        (folder / one / provider).symlink_to(root / one / provider)
    real, linked = root / top / provider, folder / top / provider
    for step in steps:
        linked.mkdir()
        for path in real.iterdir():
            if path.name != step:
                (linked / path.name).symlink_to(path)
        real, linked = real / step, linked / step
    linked.write_text(json.dumps(document))  # which is YAML too
