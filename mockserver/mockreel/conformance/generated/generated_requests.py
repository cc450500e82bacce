"""Generated requests: every phase of Schemathesis, sent to the target, judged by the contract and by nothing else."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from mockreel.conformance.check import Outcome
from mockreel.conformance.check_context import Scene
from mockreel.conformance.check_runner import findings
from mockreel.conformance.model_selection import Casting
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import Ask, Told
from mockreel.contract.exchanges.exchange_check import judge
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.openapi_documents import Documents, Part
from mockreel.errors import MissingPackage
from mockreel.simulator.in_process.mock_target import LeftOut
from mockreel.simulator.in_process.target_keys import dressed

PHASES = ("examples", "coverage", "fuzzing", "stateful")
SAYS = {
    "examples": "The contract's own examples are taken, and answered as documented.",
    "coverage": "At every edge of every schema, what it allows is taken and what it forbids is refused.",
    "fuzzing": "Whatever is drawn from a schema is taken, whatever breaks it is refused.",
    "stateful": "What a link leads to is answered as documented, in any order.",
}
# The parts of the budget for the first document's edges, and for each of its links and its fuzzing.
FIRST, LINKS = 0.6, 0.15
# How many requests are drawn for each operation, for each minute of the budget.
EXAMPLES_A_MINUTE = 20
# How much of the mock's time passes with each request, so that jobs are met in every state.
STEP = 0.2
# Headers that a client adds on its own; none of them is part of what was generated.
_OWN_HEADERS = {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "cookie"}


@dataclass
class Tally:
    """What came of one phase."""

    cases: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    broke: str = ""


def require() -> Any:
    """The library that generates.

    Raises:
        MissingPackage: it is not installed.
    """
    try:
        import schemathesis  # noqa: PLC0415  (only `check` needs it)
    except ModuleNotFoundError as missing:
        then = "Without it, omit them: --only-ours."
        raise MissingPackage("Generated requests need", "schemathesis", extra="check", then=then) from missing
    return schemathesis


class Generated:
    """The generated requests of one run.

    Args:
        budget: seconds for all of it.
        admits: which operations may be asked at all.
    """

    def __init__(self, scene: Scene, *, budget: float, admits: Callable[[Operation], bool] = lambda _: True) -> None:
        self._scene = scene
        self._budget = budget
        self._admits = admits
        self._tallies = {phase: Tally() for phase in PHASES}
        self._phase = PHASES[0]
        wanted = scene.wanted
        self._casting = Casting(scene.contract, names=wanted.models, quick=wanted.quick, seed=wanted.seed)
        self._documents = Documents(scene.contract)
        self.notes: list[str] = []
        self._refused_to_send = 0
        self._cut_short: set[str] = set()

    def run(self) -> Iterator[Outcome]:
        """One outcome for each phase."""
        library = require()
        logging.getLogger("schemathesis").setLevel(logging.CRITICAL)
        ends = time.monotonic() + self._budget
        documents = self._plan()
        further = documents[1:]
        self._engine(library, documents[0], ("examples", "coverage"), self._budget * FIRST)
        self._engine(library, documents[0], ("stateful",), self._budget * LINKS)
        self._engine(library, documents[0], ("fuzzing",), self._budget * LINKS)
        random.Random(self._scene.wanted.seed).shuffle(further)
        covered = 1 + self._cover(library, further, ends)
        sampled = 1 + self._sample(library, further, ends)
        self._note(documents, covered, sampled)
        for phase, tally in self._tallies.items():
            yield self._outcome(phase, tally)

    def _plan(self) -> list[list[Part]]:
        """The parts of each document: everything with the first models, then one for each further model in a body."""
        first: list[Part] = []
        further: dict[str, list[Part]] = {}
        for operation in filter(self._admits, self._scene.contract.operations):
            models = self._casting.at(operation)
            in_body = operation.model is not None and operation.model.kind == "body"
            first += [(operation, model) for model in (models[:1] if in_body else models)]
            for model in models[1:] if in_body else ():
                further.setdefault(model.id if model else "", []).append((operation, model))
        return [first, *further.values()]

    def _cover(self, library: Any, documents: Sequence[list[Part]], ends: float) -> int:
        """Each further document, in the order of the seed, once through its edges; gives how many were reached."""
        for number, parts in enumerate(documents):
            left = ends - time.monotonic()
            if left < 1:
                return number
            self._engine(library, parts, ("examples", "coverage"), left)
        return len(documents)

    def _sample(self, library: Any, documents: Sequence[list[Part]], ends: float) -> int:
        """What time is left for: further documents by chance; gives how many were reached."""
        for number, parts in enumerate(documents):
            left = ends - time.monotonic()
            if left < 1:
                return number
            self._engine(library, parts, ("fuzzing",), min(left, 5))
        return len(documents)

    def _engine(self, library: Any, parts: Sequence[Part], phases: Iterable[str], seconds: float) -> None:
        """Run phases of the generator's own engine over one document, with none of its checks."""
        from schemathesis.config import SchemathesisConfig  # noqa: PLC0415
        from schemathesis.engine import events, from_schema  # noqa: PLC0415

        if not parts:
            return
        config = SchemathesisConfig.from_dict(self._settings(phases, seconds))
        schema = library.openapi.from_dict(self._documents.document(parts), config=config)
        schema.app = self._app
        stream = from_schema(schema).execute()
        began = time.monotonic()
        for event in stream:
            if isinstance(event, events.PhaseStarted) and event.phase.name.value in self._tallies:
                self._phase, began = event.phase.name.value, time.monotonic()
            if isinstance(event, events.PhaseFinished) and event.phase.name.value in self._tallies:
                self._tallies[event.phase.name.value].seconds += time.monotonic() - began
            if isinstance(event, events.EngineFinished) and event.stop_reason.name == "MAX_TIME":
                self._cut_short.update(phases)
            if isinstance(event, events.NonFatalError):
                self._tallies[self._phase].broke = f"{event.label}: {str(event.value)[:300]}"
            if isinstance(event, events.FatalError):
                self._tallies[self._phase].broke = str(event.exception)[:300]

    def _settings(self, phases: Iterable[str], seconds: float) -> dict[str, Any]:
        examples = max(3, round(EXAMPLES_A_MINUTE * self._budget / 60))
        return {
            "seed": self._scene.wanted.seed,
            "max-time": max(1, int(seconds)),
            "checks": {"enabled": False},
            "generation": {"max-examples": examples, "database": "none", "with-security-parameters": False},
            "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
        }

    def _app(self, environ: Mapping[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """The target as a WSGI application: everything that is generated passes here."""
        ask = self._ask(environ)
        try:
            told = self._scene.target.send(ask)
        except LeftOut:
            self._refused_to_send += 1
            start("503 Left out", [])
            return [b""]
        self._judge(ask, told)
        if self._scene.target.own:
            self._scene.target.wait(STEP)
        start(f"{told.status} -", [(name, value) for name, value in told.headers.items() if _plain(value)])
        return [told.body]

    def _judge(self, ask: Ask, told: Told) -> None:
        tally = self._tallies[self._phase]
        tally.cases += 1
        if len(tally.problems) < 500:
            tally.problems += self._scene.reply_problems(ask, told)
            tally.problems += judge(self._scene, ask, told)

    def _ask(self, environ: Mapping[str, Any]) -> Ask:
        """The request as it was generated, with the key where the contract has it."""
        path = quote(environ["PATH_INFO"].encode("latin-1", "replace"), safe="/:@!$&'()*+,;=~")
        headers = {
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        kept = {
            name: value
            for name, value in headers.items()
            if name not in _OWN_HEADERS and not name.startswith("x-schemathesis")
        }
        if environ.get("CONTENT_TYPE"):
            kept["content-type"] = environ["CONTENT_TYPE"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        found = self._scene.contract.router.find(unquote(path))
        operation = found.methods.get(environ["REQUEST_METHOD"]) if found else None
        admin = operation is not None and operation.admin and "admin" in self._scene.target.keys.of
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        ask = Ask(method, path, query, kept, body, operation, "admin" if admin else "own")
        return dressed(ask, self._scene.target.keys)

    def _note(self, documents: Sequence[list[Part]], covered: int, sampled: int) -> None:
        provider = self._scene.contract.provider
        if self._casting.left_out:
            self.notes.append(
                f"{provider}: {self._casting.left_out} models at operations left out, as others have their shape"
            )
        if covered < len(documents):
            self.notes.append(
                f"{provider}: {len(documents) - covered} of {len(documents)} models were not reached in the budget"
            )
        if sampled < len(documents):
            self.notes.append(
                f"{provider}: {len(documents) - sampled} of {len(documents)} documents were not fuzzed in the budget"
            )
        if "coverage" in self._cut_short:
            self.notes.append(f"{provider}: the budget ended before every edge was covered; give more with --budget")
        if self._refused_to_send:
            self.notes.append(
                f"{provider}: {self._refused_to_send} generated requests were not sent, as they might bill"
            )

    def _outcome(self, phase: str, tally: Tally) -> Outcome:
        name = f"generated.{phase}"
        found = findings(self._scene, name, tally.problems)
        return Outcome(
            name, SAYS[phase], self._scene.contract.provider, tally.cases, found, (), tally.broke, tally.seconds
        )


def _plain(value: str) -> bool:
    return value.isprintable() and value.isascii()
