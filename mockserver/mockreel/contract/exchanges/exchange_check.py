"""Judge one generated exchange: forbidden must be refused, allowed must be taken, nothing may break."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Protocol
from urllib.parse import parse_qsl

from mockreel.contract import Contract, ErrorRow
from mockreel.contract.evidence.facts import Fact, Facts
from mockreel.contract.exchanges.error_detection import Refusals
from mockreel.contract.exchanges.exchange import Ask, Told
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.request_check import Verdict

# Rows that say that a request was badly made; a well-made one never gets them.
_BADLY_MADE = (
    "invalid-body", "invalid-query", "malformed-json", "wrong-content-type", "unknown-path", "wrong-method",
    "no-key", "wrong-key", "internal-error",
)  # fmt: skip


class Judges(Protocol):
    """What says if a request is allowed; a verdict on one that was asked about before may be remembered."""

    def judge(self, ask: Ask) -> Verdict: ...


class Bench(Protocol):
    """What judging needs: the contract, and whether who is judged is our own stand-in."""

    @property
    def contract(self) -> Contract: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def refusals(self) -> Refusals: ...
    @property
    def oracle(self) -> Judges: ...
    @property
    def own(self) -> bool: ...


def judge(scene: Bench, ask: Ask, told: Told) -> Iterator[Problem]:
    """What the contract does not allow about an exchange, beside the form of the reply."""
    if ask.operation is None:
        yield from _nowhere(scene, ask, told)
        return
    verdict = scene.oracle.judge(ask)
    refused = scene.refusals.refused(told)
    if scene.refusals.is_row(told, scene.contract.errors["internal-error"], ask.operation):
        yield Problem(fact_of(scene, ask, verdict), "no internal error", told.shown(), ask, ask.operation.id)
    elif verdict.row is not None and not refused:
        came = f"taken, although {'; '.join(verdict.violations[:3])}: {told.shown()}"
        yield Problem(
            fact_of(scene, ask, verdict), "refused, as the contract forbids it", came, ask, _subject(ask, verdict)
        )
    elif verdict.row is None and refused:
        yield from _needlessly(scene, ask, told, verdict)


def _nowhere(scene: Bench, ask: Ask, told: Told) -> Iterator[Problem]:
    """A path or a method that the contract does not have must be refused."""
    found = scene.contract.router.find(ask.path)
    row = "wrong-method" if found is not None else "unknown-path"
    if ask.method not in ("HEAD", "OPTIONS") and not scene.refusals.refused(told):
        yield Problem(scene.facts.row(row), "refused", told.shown(), ask, f"{ask.method} {ask.path}"[:80])


def _needlessly(scene: Bench, ask: Ask, told: Told, verdict: Verdict) -> Iterator[Problem]:
    """A request that the contract allows was refused: only for a reason that has nothing to do with its form."""
    rows = [row for row in scene.contract.errors.values() if scene.refusals.is_row(told, row, ask.operation)]
    if not rows:
        yield Problem(
            fact_of(scene, ask, verdict), "a refusal that errors.yaml has", told.shown(), ask, _subject(ask, verdict)
        )
        return
    own = scene.own
    meant = [row for row in rows if not own or _says(row, told)] or rows
    if all(row.name in _BADLY_MADE for row in meant) and not _beyond(scene, ask):
        yield Problem(
            fact_of(scene, ask, verdict), "taken, as the contract allows it", told.shown(), ask, _subject(ask, verdict)
        )


def _beyond(scene: Bench, ask: Ask) -> bool:
    """Whether something in the request has rules that its schema cannot say."""
    assert ask.operation is not None
    known = scene.contract.conversation.beyond
    return ask.operation.id in known or any(name in known for name, _ in parse_qsl(ask.query, keep_blank_values=True))


def _says(row: ErrorRow, told: Told) -> bool:
    """Whether the row's own text is in the reply: several rows may share a status and a code."""
    return bool(_pattern(row.message).search(told.body.decode("utf-8", "replace").replace('\\"', '"')))


@cache
def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(".*?".join(re.escape(part) for part in re.split(r"\{\w+\}", message)), re.DOTALL)


def _subject(ask: Ask, verdict: Verdict) -> str:
    assert ask.operation is not None
    return f"{ask.operation.id} {verdict.model.id}" if verdict.model else ask.operation.id


def fact_of(scene: Bench, ask: Ask, verdict: Verdict) -> Fact:
    """What a request is held to: the input schema of its model, where it has one, or its operation."""
    assert ask.operation is not None
    if verdict.model is not None:
        says = f"the input schema of {verdict.model.id}"
        return scene.facts.fact(says, f"models.json {verdict.model.id}", verdict.model.evidence)
    return scene.facts.operation(f"what {ask.operation.id} takes", ask.operation)
