"""Generated requests: every phase of Schemathesis, sent to the target, judged by the contract and by nothing else."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from mockreel.conformance.check import Outcome
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_runner import findings
from mockreel.conformance.model_selection import ModelSelection
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.exchange_check import judge
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.openapi_documents import Documents, Part
from mockreel.errors import MissingPackage
from mockreel.simulator.in_process.mock_target import Skipped
from mockreel.simulator.in_process.target_keys import dressed

PHASES = ("examples", "coverage", "fuzzing", "stateful")
SAYS = {
    "examples": "The contract's own examples are taken, and answered as documented.",
    "coverage": "At every edge of every schema, what it allows is taken and what it forbids is refused.",
    "fuzzing": "Whatever is drawn from a schema is taken, whatever breaks it is refused.",
    "stateful": "What a link leads to is answered as documented, in any order.",
}
# So many requests are planned for each second of the budget: few enough that a slow machine sends all of them too.
RATE = 15
# The part of the budget for them at a URL, at the speed of the target.
SHARE = 0.4
# The parts of the planned requests for the first document's edges, and for each of its links and its fuzzing.
FIRST, LINKS = 0.6, 0.15
# How many requests are drawn for each operation, for each minute of the budget.
EXAMPLES_A_MINUTE = 20
# The time that passes on the mock server with each request, so that jobs are seen in every state.
STEP = 0.2
# Headers that a client adds on its own; none of them is part of what was generated.
_OWN_HEADERS = {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "cookie"}


@dataclass
class Tally:
    """The result of one phase."""

    cases: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    error: str = ""


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

    The number of requests follows from the budget and not from their duration, so that one seed gives one
    sequence; requests that the time does not allow are reported.

    Args:
        budget: seconds that the number of requests is derived from.
        left: seconds for all of it; the budget by default.
        admits: which operations are allowed.
        latency: the duration of one request, if any.
        focus: phases (`generated.fuzzing`) or operations of them (`generated.fuzzing:create_run`), all if empty.
    """

    def __init__(
        self,
        context: CheckContext,
        *,
        budget: float,
        left: float | None = None,
        admits: Callable[[Operation], bool] = lambda _: True,
        latency: float = 0.0,
        focus: tuple[str, ...] = (),
    ) -> None:
        self._context = context
        self._budget = budget
        self._left = budget if left is None else left
        self._admits = admits
        self._focus = [name.removeprefix("generated").removeprefix(".").partition(":") for name in focus]
        self.quota = self.forecast(budget, latency)
        self._allowed = 0
        self._late = False
        self._tallies = {phase: Tally() for phase in PHASES}
        self._phase = PHASES[0]
        options = context.options
        self._model_selection = ModelSelection(
            context.contract, names=options.models, quick=options.quick, seed=options.seed
        )
        self._documents = Documents(context.contract)
        self.notes: list[str] = []
        self._refused_to_send = 0
        self._unsent: set[str] = set()
        self._sending = threading.Lock()
        self._closed = False  # nothing more is sent

    @staticmethod
    def forecast(budget: float, latency: float = 0.0) -> int:
        """How many requests are planned."""
        return max(20, int(budget * RATE if not latency else budget * SHARE / max(latency, 1 / RATE)))

    def run(self) -> Iterator[Outcome]:
        """One outcome for each phase."""
        self._ends = time.monotonic() + self._left
        library = require()
        logging.getLogger("schemathesis").setLevel(logging.CRITICAL)
        self._in_time(library)
        self._context.current_check = ""
        for phase, tally in self._tallies.items():
            if self._wants(phase):
                yield self._outcome(phase, tally)

    def _in_time(self, library: Any) -> None:
        """Generate and send until all is done or the time is up: what is not over then is left, and sends no more.

        The generator works for seconds without a look at the time, so it has a thread of its own.
        """
        raised: list[BaseException] = []

        def work() -> None:
            try:
                self._generate(library)
            except BaseException as problem:
                raised.append(problem)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(max(0.0, self._ends - time.monotonic()))
        with self._sending:
            self._closed = thread.is_alive()
            self._late = self._late or (self._closed and self._request_count < self.quota)
        if raised:
            raise raised[0]

    def _generate(self, library: Any) -> None:
        documents = self._plan()
        draw = random.Random(self._context.options.seed)
        for parts in documents:
            draw.shuffle(parts)
        further = documents[1:]
        self._engine(library, documents[0], ("examples", "coverage"), FIRST)
        self._engine(library, documents[0], ("stateful",), LINKS)
        self._engine(library, documents[0], ("fuzzing",), LINKS)
        draw.shuffle(further)
        covered = 1 + self._each(library, further, ("examples", "coverage"))
        sampled = 1 + self._each(library, further, ("fuzzing",))
        self._note(documents, covered, sampled)

    def _wants(self, phase: str) -> bool:
        return not self._focus or any(name in ("", phase) for name, _, _ in self._focus)

    def _admitted(self, operation: Operation) -> bool:
        named = {place for _, _, place in self._focus if place}
        return self._admits(operation) and (not named or operation.id in named)

    def _plan(self) -> list[list[Part]]:
        """The parts of each document: everything with the first models, then one for each further model in a body."""
        first: list[Part] = []
        further: dict[str, list[Part]] = {}
        for operation in filter(self._admitted, self._context.contract.operations):
            models = self._model_selection.at(operation)
            in_body = operation.model is not None and operation.model.kind == "body"
            first += [(operation, model) for model in (models[:1] if in_body else models)]
            for model in models[1:] if in_body else ():
                further.setdefault(model.id if model else "", []).append((operation, model))
        return [first, *further.values()]

    def _each(self, library: Any, documents: Sequence[list[Part]], phases: tuple[str, ...]) -> int:
        """Each further document, in the order of the seed, as far as the planned requests last; gives how many."""
        for number, parts in enumerate(documents):
            if self._request_count >= self.quota or self._late:
                return number
            self._engine(library, parts, phases, 1.0)
        return len(documents)

    @property
    def _request_count(self) -> int:
        return sum(tally.cases for tally in self._tallies.values()) + self._refused_to_send

    def _engine(self, library: Any, parts: Sequence[Part], phases: Iterable[str], share: float) -> None:
        """Run phases of the generator's own engine over one document, with none of its checks.

        `share` is the part of the planned requests that it may send.
        """
        from schemathesis.config import SchemathesisConfig  # noqa: PLC0415
        from schemathesis.engine import events, from_schema  # noqa: PLC0415

        chosen = [phase for phase in phases if self._wants(phase)]
        if not parts or not chosen or self._late:
            return
        self._allowed = min(self.quota, self._request_count + int(self.quota * share))
        config = SchemathesisConfig.from_dict(self._settings(chosen))
        schema = library.openapi.from_dict(self._documents.document(parts), config=config)
        schema.app = self._app
        stream = from_schema(schema).execute()
        start = time.monotonic()
        for event in stream:
            if isinstance(event, events.PhaseStarted) and event.phase.name.value in self._tallies:
                self._phase, start = event.phase.name.value, time.monotonic()
            if isinstance(event, events.PhaseFinished) and event.phase.name.value in self._tallies:
                self._tallies[event.phase.name.value].seconds += time.monotonic() - start
            if isinstance(event, events.NonFatalError):
                self._tallies[self._phase].error = f"{event.label}: {str(event.value)[:300]}"
            if isinstance(event, events.FatalError):
                self._tallies[self._phase].error = str(event.exception)[:300]
            if self._is_over():
                stream.stop()

    def _is_over(self) -> bool:
        """Whether the planned requests are sent, or the time is up; the second is a shortcoming of the run."""
        if time.monotonic() > self._ends and self._request_count < self._allowed:
            self._late = True
        return self._late or self._closed or self._request_count >= self._allowed

    def _settings(self, phases: Iterable[str]) -> dict[str, Any]:
        examples = max(3, round(EXAMPLES_A_MINUTE * self._budget / 60))
        return {
            "seed": self._context.options.seed,
            "suppress-health-check": ["all"],
            "checks": {"enabled": False},
            "generation": {"max-examples": examples, "database": "none", "with-security-parameters": False},
            "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
        }

    def _app(self, environ: Mapping[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """The target as a WSGI application: everything that is generated passes here."""
        request = self._request(environ)
        with self._sending:
            return self._respond(request, start)

    def _respond(self, request: SentRequest, start: Callable[..., Any]) -> list[bytes]:
        if self._is_over():
            self._unsent.add(self._phase)
            start("503 Over", [])
            return [b""]
        try:
            self._context.current_check = f"generated.{self._phase}"
            response = self._context.send(request)
        except Skipped:
            self._refused_to_send += 1
            start("503 Left out", [])
            return [b""]
        self._judge(request, response)
        if self._context.target.own:
            self._context.target.wait(STEP)
        start(f"{response.status} -", [(name, value) for name, value in response.headers.items() if _plain(value)])
        return [response.body]

    def _judge(self, request: SentRequest, response: ReceivedResponse) -> None:
        tally = self._tallies[self._phase]
        tally.cases += 1
        if len(tally.problems) < 500:
            tally.problems += self._context.response_problems(request, response)
            if self._context.own or self._context.error_detector.circumstance(response, request.operation) is None:
                tally.problems += judge(self._context, request, response)

    def _request(self, environ: Mapping[str, Any]) -> SentRequest:
        """The request as it was generated, with the key where the contract has it."""
        path = quote(environ["PATH_INFO"].encode("latin-1", "replace"), safe="/:@!$&'()*+,;=~")
        headers = {
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        passed_on = {
            name: value
            for name, value in headers.items()
            if name not in _OWN_HEADERS and not name.startswith("x-schemathesis")
        }
        if environ.get("CONTENT_TYPE"):
            passed_on["content-type"] = environ["CONTENT_TYPE"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        found = self._context.contract.router.find(unquote(path))
        operation = found.methods.get(environ["REQUEST_METHOD"]) if found else None
        admin = operation is not None and operation.admin and "admin" in self._context.target.keys.of
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        request = SentRequest(method, path, query, passed_on, body, operation, "admin" if admin else "own")
        return dressed(request, self._context.target.keys)

    def _note(self, documents: Sequence[list[Part]], covered: int, sampled: int) -> None:
        provider = self._context.contract.provider
        if self._model_selection.skipped_pairs:
            self.notes.append(
                f"{provider}: {self._model_selection.skipped_pairs} models at operations skipped, "
                "as others have their shape"
            )
        if covered < len(documents):
            self.notes.append(
                f"{provider}: {len(documents) - covered} of {len(documents)} models were not reached in the budget"
            )
        if sampled < len(documents):
            self.notes.append(
                f"{provider}: {len(documents) - sampled} of {len(documents)} documents were not fuzzed in the budget"
            )
        if "coverage" in self._unsent and not self._late:
            self.notes.append(f"{provider}: the plan has not every edge in it; give more with --budget")
        if self._refused_to_send:
            self.notes.append(
                f"{provider}: {self._refused_to_send} generated requests were not sent, as they might bill"
            )

    def _left_out(self, tally: Tally) -> tuple[str, ...]:
        """Why planned requests of a phase were not sent."""
        if self._late:
            missing = self.quota - self._request_count
            return (f"{missing} planned requests were left when the time was up; give more with --budget",)
        if not tally.cases and self._refused_to_send:
            return ("none of the requests that it draws may be sent; allow them with --full",)
        return ()

    def _outcome(self, phase: str, tally: Tally) -> Outcome:
        name = f"generated.{phase}"
        found = findings(self._context, name, tally.problems)
        return Outcome(
            name,
            SAYS[phase],
            self._context.contract.provider,
            tally.cases,
            found,
            self._left_out(tally),
            tally.error,
            tally.seconds,
        )


def _plain(value: str) -> bool:
    return value.isprintable() and value.isascii()
