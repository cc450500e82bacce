"""A URL is taken for one that may bill; what it is held to is documented or published."""

from collections.abc import Awaitable
from dataclasses import replace
from decimal import Decimal

import pytest

from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import UNPLAYED, run
from mockreel.conformance.checks import EVERY, error_responses
from mockreel.conformance.reports.report import Report
from mockreel.conformance.spending_guard import SpendingGuard
from mockreel.conformance.suite import Plan
from mockreel.conformance.targets import url_target
from mockreel.conformance.targets.base_url import Access, check_url
from mockreel.conformance.targets.url_target import checked_url
from mockreel.contract import Contract
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.request_builder import Requests
from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.errors import OptionError
from mockreel.server.socket_server import serving
from mockreel.simulator.in_process.mock_target import MockTarget, Skipped
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import load_contracts

RUNFLOW = Plan(providers=("runflow",), generated=False, quick=True)
KEYS = Access(key="rf_live_one", other_key="rf_live_two")


def test_a_url_gets_nothing_that_could_bill_unless_allowed() -> None:
    """By default no job is begun and nothing is changed: reads, and requests that a key must stop."""
    with serving("runflow") as server:
        report = check_url(server.runflow.url, RUNFLOW, KEYS)
        provider = server.simulator.provider("runflow")

        assert report.exit_code == 3
        assert not report.findings
        assert len(provider.jobs) == 0
        sent = [
            entry for entry in provider.journal if entry.method != "GET" and entry.row not in ("no-key", "wrong-key")
        ]
        assert [entry for entry in sent if entry.row != "wrong-method"] == []
    assert {outcome.check for outcome in report.outcomes if outcome.verdict == "holds"} >= {
        "refusal.no-key",
        "refusal.wrong-key",
        "refusal.unknown-job",
        "refusal.query",
        "reply.documented",
    }


def test_generated_requests_to_a_url_are_reads() -> None:
    """Schemathesis too sends a URL reads only."""
    with serving("aimlapi") as server:
        report = check_url(server.aimlapi.url, Plan(providers=("aimlapi",), budget=30, checks=("generated",)), KEYS)
        methods = {entry.method for entry in server.simulator.journal if entry.operation is not None}

    assert methods == {"GET"}
    assert not report.findings
    assert sum(outcome.cases for outcome in report.outcomes) >= 20


def test_a_limit_lets_broken_bodies_pass_until_it_is_used_up() -> None:
    """With --max-spend, bodies that must be refused are priced as if accepted, and never beyond the limit."""
    contract = load_contracts(["runflow"])["runflow"]
    requests, submit = Requests(contract), contract.operation("create_run")
    exact = requests.with_input(submit, contract.names["runflow/tag-removal"], {})
    unknown = requests.with_input(submit, contract.names["google/veo3.1/lite"], {})
    good = requests.good(submit, contract.names["runflow/tag-removal"])
    guard = SpendingGuard(contract, "breaking", Decimal("0.50"))

    with pytest.raises(Skipped, match="would be accepted"):
        guard.admit(good)
    with pytest.raises(Skipped, match="its price is not known exactly"):
        guard.admit(unknown)
    for _ in range(3):
        guard.admit(exact)
    with pytest.raises(Skipped, match=r"--max-spend 0.50 is used up \(0.42 USD\)"):
        guard.admit(exact)
    assert guard.spent == {"USD": Decimal("0.42")}


def test_broken_bodies_reach_a_url_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run with --max-spend sends what must be refused, begins no job, and says what it would have cost."""
    monkeypatch.setattr(url_target, "SLOWLY", 0.0)
    plan = replace(RUNFLOW, quick=False, checks=("body.refused",))
    with serving("runflow") as server:
        report = check_url(server.runflow.url, plan, replace(KEYS, max_spend=Decimal("0.30")))

        assert len(server.simulator.provider("runflow").jobs) == 0
    outcome = next(outcome for outcome in report.outcomes if outcome.check == "body.refused")
    assert outcome.verdict == "not checked"
    assert outcome.cases >= 1
    assert not outcome.findings
    assert any("not known exactly" in reason for reason in outcome.skip_reasons)
    (cost,) = [note for note in report.notes if note.startswith("had everything been accepted")]
    assert Decimal(cost.split()[-2]) <= Decimal("0.30")


def test_reads_and_the_keyless_are_always_admitted() -> None:
    """What cannot bill needs no limit: a GET, a POST that only reads, and whatever no key goes with."""
    contract = load_contracts(["runninghub"])["runninghub"]
    requests, guard = Requests(contract), SpendingGuard(contract)
    submit = requests.good(contract.operation("submit_task"))

    guard.admit(requests.good(contract.operation("query_task")))
    guard.admit(replace(submit, who="nobody"))
    guard.admit(replace(submit, who="invalid"))
    with pytest.raises(Skipped, match="--max-spend or --full"):
        guard.admit(submit)


def test_a_foreign_server_is_doubted_where_the_contract_is_not_sure() -> None:
    """A finding against an inferred fact is doubtful and does not fail the run; a documented one falls short."""
    contract = load_contracts(["runflow"])["runflow"]

    def answering(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        known = provider.contract.router.find(request.path) is not None
        keyed = any(name == b"authorization" for name, _ in request.headers)
        return provider.answer(request) if known and keyed else json_response(200, {})

    target = Stranger(contract, answering=answering)
    found = {
        one.check: one for one in run(CheckContext(contract, target, CheckOptions(quick=True)), error_responses.CHECKS)
    }
    target.close()

    assert found["refusal.wrong-method"].verdict == "doubtful"
    assert found["refusal.wrong-method"].findings[0].fact.evidence.kind == "inferred"
    assert found["refusal.no-key"].verdict == "falls short"


class Stranger(MockTarget):
    """The mock server as if it were somebody else's server, which follows no `Prefer` header."""

    own = False

    @property
    def contract(self) -> Contract:
        """What it plays."""
        return self._provider.contract


def test_what_only_a_mock_server_follows_is_reported_as_not_checked() -> None:
    """A server that does not follow `Prefer` cannot be asked for every error response: that is told, and no fault."""
    target = Stranger(load_contracts(["runflow"])["runflow"])
    context = CheckContext(target.contract, target, CheckOptions(quick=True, budget=100_000))
    found = {one.check: one for one in run(context, [one for one in EVERY if one.plays])}
    target.close()

    assert {"refusal.rows", "refusal.played", "lifecycle.course", "record.failure"} <= set(found)
    unplayed = [one for one in found.values() if one.check != "reply.documented"]
    assert {(one.verdict, one.cases, one.reasons) for one in unplayed} == {("not checked", 0, (UNPLAYED,))}
    assert Report("http://127.0.0.1", "1", 0, tuple(unplayed)).exit_code == 0
    assert not any("prefer" in {name.lower() for name in request.headers} for request, _ in context.log)


def test_everything_is_sent_when_everything_is_allowed() -> None:
    """With --full jobs are begun and callbacks received over real sockets, signed and in time."""
    checks = ("callback.comes", "callback.valid", "callback.signature", "lifecycle.forward", "result.answers")
    plan = Plan(providers=("runflow",), models=("google/veo3.1/lite",), generated=False, quick=True, checks=checks)
    with serving("runflow", speed=20.0) as server:
        report = check_url(server.runflow.url, plan, replace(KEYS, full=True))

    verdicts = {outcome.check: outcome.verdict for outcome in report.outcomes}
    assert [verdicts[check] for check in checks] == ["holds"] * len(checks)


@pytest.mark.parametrize("url", ["mocc", "ftp://127.0.0.1", "http://", "http://gateway.example"])
def test_a_target_that_is_no_url_is_an_error(url: str) -> None:
    """A word, another scheme, no host, a key in the clear: each is refused before anything is sent."""
    with pytest.raises(OptionError, match="TARGET"):
        checked_url(url)


def test_a_url_must_say_who_it_claims_to_be() -> None:
    """Without --provider a URL could be any of them."""
    with pytest.raises(OptionError, match="A URL claims to be one of them"):
        check_url("http://127.0.0.1:1", Plan(), Access())


def test_the_repeat_command_has_no_key() -> None:
    """`curl` lines name a variable where the key stands, wherever a provider has it."""
    contract = load_contracts(["runninghub"])["runninghub"]
    operation = contract.operation("get_task_status")
    request = SentRequest("POST", operation.path, operation=operation).with_json(
        {"apiKey": "rh-key-of-mine", "taskId": "1"}
    )

    line = request.curl("https://www.example", secrets=("rh-key-of-mine",))

    assert "rh-key-of-mine" not in line
    assert "$KEY" in line


def test_a_target_that_does_not_answer_could_not_be_checked() -> None:
    """Nobody at the URL: the run ends with exit code 2, generated requests included."""
    plan = Plan(providers=("aimlapi",), quick=True, checks=("refusal.no-key",))
    generated = Plan(providers=("aimlapi",), budget=3, checks=("generated",))

    assert check_url("http://127.0.0.1:1", plan, KEYS).exit_code == 2
    assert check_url("http://127.0.0.1:1", generated, KEYS).exit_code == 2


def test_a_secret_in_a_reply_is_not_shown() -> None:
    """A response that breaks the contract is shown without the secret that it carries."""
    contract = load_contracts(["runflow"])["runflow"]

    def answering(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        made = request.path == "/v1/callback-secrets" and isinstance(response, Response) and response.status == 201
        return json_response(202, {"plain_secret": "whsec_of_the_test"}) if made else response

    target = MockTarget(contract, answering=answering)
    context = CheckContext(contract, target, CheckOptions(quick=True))
    context.secret()
    (outcome,) = run(context, ())
    target.close()

    assert outcome.findings
    assert "whsec_of_the_test" not in "".join(finding.actual for finding in outcome.findings)
