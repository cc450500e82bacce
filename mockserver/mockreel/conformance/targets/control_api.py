"""The mock server's own control API, held against its own OpenAPI document by generated requests."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.testclient import TestClient

from mockreel import __version__
from mockreel.conformance.check import Finding, Outcome
from mockreel.conformance.check_runner import MOST_FINDINGS
from mockreel.conformance.generated.generated_requests import PHASES, require
from mockreel.conformance.reports.report import Report
from mockreel.conformance.suite import Plan, Watcher
from mockreel.contract import Evidence
from mockreel.contract.conversation.demo_jobs import filled, read_script
from mockreel.contract.evidence.facts import Fact
from mockreel.engine.clock import Clock
from mockreel.server.admin import document
from mockreel.server.app import ByPrefix, simulator_app
from mockreel.server.http.origin import LOOPBACK_NAMES
from mockreel.simulator.in_process.mock_target import START
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import MemorySender

NAME = "control"
URL = "http://127.0.0.1:8700"
SAYS = {
    "examples": "The document's own examples are taken, and answered as described.",
    "coverage": "At every edge of every schema, what it allows is answered as described, what it forbids is refused.",
    "fuzzing": "Whatever is drawn from the document is answered as described.",
    "stateful": "What an operation gives is taken by the others, in any order.",
}
# The generator's checks; valid requests need not succeed, as most names do not exist.
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
# These change the mock server, which is restored after them.
_CLEARING = ("/reset", "/restore")
_EVIDENCE = Evidence("inferred", ("ours",))


def check_control(plan: Plan, *, watcher: Watcher = lambda _: None) -> Report:
    """Check the control API of a mock server in this process, with every provider and some jobs on it.

    Raises:
        OptionError: what generates requests is not installed.
    """
    library, start = require(), time.monotonic()
    logging.getLogger("schemathesis").setLevel(logging.CRITICAL)
    outcomes: list[Outcome] = []
    with PreparedServer(plan) as server:
        for outcome in _outcomes(library, server, plan):
            outcomes.append(outcome)
            watcher(outcome)
    return Report(NAME, __version__, plan.seed, tuple(outcomes), (), time.monotonic() - start)


class PreparedServer:
    """A server where something has happened, and its control API as a WSGI application."""

    def __init__(self, plan: Plan) -> None:
        contracts = load_contracts(plan.providers or None, readings=plan.readings, data=plan.data)
        self._simulator: Simulator = build_simulator(
            contracts,
            clock=Clock(start=START, held=True),
            accept_any_key=True,
            settings=Settings(seed=plan.seed, wait_timeout=1.0),
            sender=MemorySender(),
        )
        app = simulator_app(self._simulator, ByPrefix(self._simulator, base_url=URL), hosts=LOOPBACK_NAMES)
        self._client = TestClient(app, base_url=URL, raise_server_exceptions=False)
        self.cases = 0

    def __enter__(self) -> "PreparedServer":
        self._client.__enter__()
        self._rehearse()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.__exit__(None, None, None)

    def _rehearse(self) -> None:
        """A server as at the beginning, a job of each provider that has ended and one that has not."""
        self._client.post("/_mockreel/reset")
        for provider in self._simulator.providers:
            self._perform(provider)
        self._client.post("/_mockreel/clock/advance", json={"seconds": 100})
        for provider in self._simulator.providers:
            self._perform(provider)

    def _perform(self, provider: str) -> None:
        acts = read_script(provider).acts
        if acts:
            submit = acts[0].submit
            body = filled(submit.body, {"callback": "http://127.0.0.1:9/told"})
            headers = {"authorization": "Bearer a-key-of-the-check"}
            self._client.request(submit.method, f"/{provider}{submit.path}", json=body, headers=headers)

    def document(self) -> Any:
        """The control API's document, with existing names as examples."""
        found = deepcopy(document())
        jobs = [(name, job.id) for name, provider in self._simulator.providers.items() for job in provider.jobs]
        deliveries = [
            (name, one.id) for name, provider in self._simulator.providers.items() for one in provider.deliveries
        ]
        for path, item in found["paths"].items():
            there = jobs if path.startswith("/jobs/") else deliveries if path.startswith("/deliveries/") else []
            for place, parameter in enumerate(item.get("parameters", ())) if there else ():
                names = list(dict.fromkeys(pair[place] for pair in there))
                parameter["schema"] = {"enum": [*names, "nobody"]}
        found["servers"] = [{"url": f"{URL}/_mockreel"}]
        return found

    def __call__(self, environ: Mapping[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """Answer one generated request."""
        path = quote(environ["PATH_INFO"].encode("latin-1", "replace"), safe="/:@!$&'()*+,;=~")
        query = environ.get("QUERY_STRING", "")
        kind = environ.get("CONTENT_TYPE")
        answer = self._client.request(
            environ["REQUEST_METHOD"],
            f"{URL}{path}{'?' if query else ''}{query}",
            content=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
            headers={"content-type": kind} if kind else {},
        )
        self.cases += 1
        if answer.status_code == HTTPStatus.OK and path.endswith(_CLEARING):
            self._rehearse()
        names = ("content-type", "allow")
        start(f"{answer.status_code} -", [(name, answer.headers[name]) for name in names if name in answer.headers])
        return [answer.content]


def _outcomes(library: Any, server: PreparedServer, plan: Plan) -> Iterator[Outcome]:
    """One outcome for each phase; the budget is shared evenly."""
    for phase in PHASES:
        start, before = time.monotonic(), server.cases
        found = list(_findings(library, server, phase, plan))[:MOST_FINDINGS]
        error = "; ".join(one for one in found if isinstance(one, str))
        findings = tuple(one for one in found if isinstance(one, Finding))
        name, seconds = f"{NAME}.{phase}", time.monotonic() - start
        yield Outcome(name, SAYS[phase], NAME, server.cases - before, findings, (), error, seconds)


def _findings(library: Any, server: PreparedServer, phase: str, plan: Plan) -> Iterator[Finding | str]:
    """The findings of the generator's checks in one phase; a text is an error that stopped it."""
    from schemathesis.config import SchemathesisConfig  # noqa: PLC0415
    from schemathesis.engine import events, from_schema  # noqa: PLC0415

    config = SchemathesisConfig.from_dict(_settings(phase, plan))
    schema = library.openapi.from_dict(server.document(), config=config)
    schema.app = server
    seen: set[str] = set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            yield f"{event.label}: {str(event.value)[:300]}"
        elif isinstance(event, events.FatalError):
            yield str(event.exception)[:300]
        elif isinstance(event, events.ScenarioFinished):
            for finding in _failures(phase, event.recorder):
                if finding.subject + finding.expected not in seen:
                    seen.add(finding.subject + finding.expected)
                    yield finding


def _failures(phase: str, recorder: Any) -> Iterator[Finding]:
    for case_id, nodes in recorder.checks.items():
        for node in nodes:
            if node.failure_info is not None:
                case, failure = recorder.cases[case_id].value, node.failure_info.failure
                fact = Fact(failure.title, f"schemas/control/openapi.yaml {case.method} {case.path}", _EVIDENCE)
                yield Finding(
                    f"{NAME}.{phase}",
                    NAME,
                    f"{case.method} {case.path}",
                    fact,
                    failure.title,
                    failure.message[:500],
                    node.failure_info.code_sample,
                    doubt=False,
                )


def _settings(phase: str, plan: Plan) -> dict[str, Any]:
    return {
        "seed": plan.seed,
        "max-time": max(1, int(plan.budget / len(PHASES))),
        "checks": {"enabled": False, **{name: {"enabled": True} for name in _CHECKS}},
        "generation": {"max-examples": max(5, int(plan.budget)), "database": "none", "with-security-parameters": False},
        "phases": {one: {"enabled": one == phase} for one in PHASES},
    }
