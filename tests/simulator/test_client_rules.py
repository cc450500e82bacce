"""Client rules: what breaks each, what nearly does, and its fact; off without a document."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from support.caller import START, Caller, MakeSimulator

from mockreel.engine.clock import Clock
from mockreel.errors import OptionError
from mockreel.simulator.client_rules import RULES, Violation, expected_rules, select, violations
from mockreel.simulator.client_rules.rule_list import IDS
from mockreel.simulator.rule_parser import set_faults
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import Outcome, Outgoing, Sender

RUNS = "/v1/models/google/veo3.1/lite/runs"
BOAT = {"input": {"prompt": "A paper boat."}}
VEO = {"model": "veo-3.1-lite-generate-001", "prompt": "A paper boat."}
HUB = "/openapi/v2/rhart-video-v3.1-lite-official/text-to-video"
HUB_BOAT = {"prompt": "A paper boat.", "duration": "8", "resolution": "720p", "aspectRatio": "16:9"}
KEYS = {"runflow": "rf_live_one"}


def broken(simulator: Simulator, rules: Iterable[str] = (), allow: Iterable[str] = ()) -> list[Violation]:
    return violations(simulator.providers.values(), select(RULES, named=rules, allow=allow))


def ids(simulator: Simulator, rules: Iterable[str] = ()) -> list[str]:
    return [one.rule for one in broken(simulator, rules)]


def caller(simulator: Simulator, provider: str) -> Caller:
    return Caller(simulator.provider(provider), KEYS.get(provider, "a-key-of-mine"))


@pytest.mark.parametrize(
    ("provider", "method", "path", "body", "rule", "reported"),
    [
        ("runflow", "POST", RUNS, {"input": {"prompt": 7}}, "invalid-request", "/input/prompt"),
        ("runflow", "GET", "/v1/run", None, "invalid-request", "unknown-path"),
        ("runflow", "PUT", RUNS, BOAT, "invalid-request", "wrong-method"),
        ("runflow", "POST", "/v1/models/google/veo3.1/light/runs", BOAT, "unknown-model", "mean 'google/veo3.1/lite'?"),
        ("aimlapi", "POST", "/v2/video/generations", {**VEO, "model": "veo-3.1-lite"}, "unknown-model", "veo-3.1-lite"),
        ("runninghub", "POST", "/openapi/v2/rhart-video/none", HUB_BOAT, "unknown-model", "rhart-video/none"),
        (
            "runflow", "POST", RUNS, {"input": {"prompt": "A boat.", "durration": "4s"}},
            "unknown-field", "/input/durration, which is not a field; did you mean 'duration'?",
        ),
        ("runflow", "POST", RUNS, {**BOAT, "callbackUrl": "http://127.0.0.1:9/"}, "unknown-field", "'callback_url'?"),
        ("runflow", "POST", RUNS, {"input": {"prompt": "A", "aspectRatio": "1:1"}}, "unknown-field", "'aspect_ratio'?"),
        ("aimlapi", "POST", "/v2/video/generations", {**VEO, "aspectRatio": "1:1"}, "unknown-field", "'aspect_ratio'?"),
        ("aimlapi", "POST", "/v2/video/generations", {**VEO, "webhookUrl": "http://x"}, "unknown-field", "/webhookUrl"),
        ("runninghub", "POST", HUB, {**HUB_BOAT, "negative_promt": "x"}, "unknown-field", "/negative_promt"),
        ("runflow", "GET", "/v1/runs?limt=5", None, "unknown-query-parameter", "did you mean 'limit'?"),
        ("runflow", "POST", f"{RUNS}?wait=true", BOAT, "unknown-query-parameter", "'wait'"),
        ("runflow", "GET", "/v1/runs?limit=5&api_key=abc", None, "unknown-query-parameter", "'api_key'"),
    ],
)  # fmt: skip
def test_what_a_request_may_not_say(  # noqa: PLR0917
    make_simulator: MakeSimulator, provider: str, method: str, path: str, body: Any, rule: str, reported: str
) -> None:
    """One rule each, reported once, with a source."""
    simulator = make_simulator(names=[provider])
    caller(simulator, provider)(method, path, body)

    (found,) = broken(simulator)
    assert found.rule == rule
    assert reported in found.done
    assert found.fact.sources
    assert broken(simulator, allow=[rule]) == []


@pytest.mark.parametrize(
    ("provider", "path", "body"),
    [
        ("runflow", RUNS, {**BOAT, "metadata": {"anything": {"goes": [1]}}, "client_ref": "a"}),
        ("aimlapi", "/v2/video/generations", VEO),
        ("runninghub", HUB, {**HUB_BOAT, "webhookUrl": "http://127.0.0.1:9/"}),
        ("runninghub", "/openapi/v2/run/workflow/1", {"nodeInfoList": [{"nodeId": "1", "fieldName": "x"}]}),
    ],
)  # fmt: skip
def test_what_is_documented_breaks_nothing(make_simulator: MakeSimulator, provider: str, path: str, body: Any) -> None:
    """Metadata is the client's own, and so are the nodes of a workflow."""
    simulator = make_simulator(names=[provider])
    caller(simulator, provider)("POST", path, body)

    assert ids(simulator, ["all"]) == []


def test_every_documented_field_of_every_model_is_known(make_simulator: MakeSimulator) -> None:
    """The smallest good request for each model is no violation of `unknown-field`."""
    from mockreel.contract.exchanges.request_builder import Requests  # noqa: PLC0415
    from mockreel.simulator.client_rules.documented_fields import Fields  # noqa: PLC0415

    wrong = []
    for name, contract in load_contracts().items():
        fields, requests = Fields(contract), Requests(contract)
        for operation in contract.operations:
            if operation.body != "json" or not operation.submits:
                continue
            models = [*contract.names_at[operation.id].values()] if operation.model else [None]
            for model in models[:60]:
                request = requests.good(operation, model)
                wrong += [
                    (name, operation.id, one.pointer)
                    for one in fields.unknown(operation, request.path, request.json or {})
                ]
    assert wrong == []


def test_a_request_without_a_key_is_reported(make_simulator: MakeSimulator) -> None:
    """But not an error response that a scenario requested."""
    simulator = make_simulator(names=["runflow"])
    ask = caller(simulator, "runflow")
    ask("POST", RUNS, BOAT, headers={"prefer": "scenario=refuse; code=no-key"})
    assert ids(simulator) == []

    ask("POST", RUNS, BOAT, key=None)
    assert ids(simulator) == ["missing-key"]


def test_played_errors_are_not_the_clients(make_simulator: MakeSimulator) -> None:
    """For any preferred error, on the request or by a rule."""
    simulator = make_simulator(names=["runflow"])
    ask = caller(simulator, "runflow")
    for row in ("invalid-body", "malformed-json", "unknown-model", "wrong-content-type", "unknown-path", "no-key"):
        ask("POST", RUNS, {"input": {"prompt": row}}, headers={"prefer": f"scenario=refuse; code={row}"})

    assert ids(simulator, ["all"]) == []


def test_a_repeated_name_is_reported(make_simulator: MakeSimulator) -> None:
    """The rule is JSON's own."""
    simulator = make_simulator(names=["runflow"])
    raw = b'{"input": {"prompt": "a", "prompt": "b"}}'
    caller(simulator, "runflow")("POST", RUNS, raw=raw, headers={"content-type": "application/json"})

    (found,) = broken(simulator)
    assert found.rule == "duplicate-key"
    assert "RFC 8259" in found.fact.sources[0]


def made(simulator: Simulator, provider: str = "runflow") -> str:
    simulated = simulator.provider(provider)
    if provider == "runflow":
        id_: str = caller(simulator, provider)("POST", RUNS, BOAT).json["id"]
    else:
        id_ = caller(simulator, provider)("POST", HUB, HUB_BOAT).json["taskId"]
    assert simulated.jobs.get(id_) is not None
    return id_


def test_polling_a_finished_job_twice_is_reported_only_if_selected(
    make_simulator: MakeSimulator, run: Callable[[Any], Any]
) -> None:
    """No document forbids it."""
    simulator = make_simulator(names=["runflow"])
    job = made(simulator)
    run(simulator.advance(60))
    for _ in "abc":
        caller(simulator, "runflow")("GET", f"/v1/runs/{job}")

    assert ids(simulator) == []
    assert ids(simulator, ["default", "polled-after-end"]) == ["polled-after-end"] * 2


class Ticking:
    """A real clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def waiting(ticking: Ticking) -> Simulator:
    """RunningHub and Runflow under a paused clock, where real time passes as the test says."""
    contracts = load_contracts(["runflow", "runninghub"], readings={"runflow:rate-limit-headers": "always"})
    return build_simulator(contracts, clock=Clock(start=START, held=True, real=ticking), accept_any_key=True)


def test_polls_may_come_as_fast_as_the_docs_advise(waiting: Simulator, ticking: Ticking) -> None:
    """By either clock: real waiting counts while the clock is paused."""
    ask, job = caller(waiting, "runninghub"), made(waiting, "runninghub")

    def poll(*, held: float = 0.0, real: float = 0.0) -> list[str]:
        waiting.clock.advance_to(waiting.clock.now() + held)
        ticking.seconds += real
        ask("POST", "/openapi/v2/query", {"taskId": job})
        return ids(waiting)

    assert poll() == []
    assert poll(held=5) == []
    assert poll(real=5) == []
    assert poll(held=1, real=4.9) == ["polled-too-often"]


def test_an_early_retry_is_reported(waiting: Simulator, ticking: Ticking) -> None:
    """By either clock; without a document for the header, only if selected."""
    ask = caller(waiting, "runflow")
    wish = {"prefer": "scenario=rate-limited"}

    def submit(real: float) -> list[str]:
        ticking.seconds += real
        ask("POST", RUNS, BOAT, headers=wish)
        return [one for one in ids(waiting) if one == "ignored-retry-after"]

    assert submit(0) == []
    wait = float(waiting.provider("runflow").journal.requests(status=429)[0].reply_header("retry-after") or 0)
    assert wait > 1
    assert submit(wait) == []
    assert submit(wait - 1) == ["ignored-retry-after"]


def test_inferred_rules_count_only_if_selected(make_simulator: MakeSimulator) -> None:
    """RunningHub documents no errors that are not worth another try; a client's code has them."""
    simulator = make_simulator(names=["runninghub"])
    ask = caller(simulator, "runninghub")
    for _ in "ab":
        ask("POST", "/openapi/v2/query", {"taskId": "1000000000000000000"})

    assert ids(simulator) == []
    assert ids(simulator, ["retried-permanent-error"]) == ["retried-permanent-error"]


def test_a_repeated_submit_after_a_lost_response_needs_a_key(make_simulator: MakeSimulator) -> None:
    """Without one a repetition starts a second job; with one it does not; another body is another request."""
    for first, second, found in (
        ({}, {}, ["unsafe-retry"]),
        ({"idempotency-key": "a"}, {"idempotency-key": "b"}, ["unsafe-retry"]),
        ({"idempotency-key": "a"}, {"idempotency-key": "a"}, []),
    ):
        simulator = make_simulator(names=["runflow"])
        set_faults(simulator.rules, simulator.providers, ["gateway; accepted; nth=1"])
        ask = caller(simulator, "runflow")
        ask("POST", RUNS, BOAT, headers=first)
        ask("POST", RUNS, BOAT, headers=second)
        assert ids(simulator) == found


def test_two_jobs_of_one_body_are_no_retry(make_simulator: MakeSimulator) -> None:
    """If the first response arrived, and if the first request started nothing."""
    simulator = make_simulator(names=["runflow"])
    ask = caller(simulator, "runflow")
    ask("POST", RUNS, BOAT)
    ask("POST", RUNS, BOAT)
    set_faults(simulator.rules, simulator.providers, ["gateway; nth=1"])
    ask("POST", RUNS, {"input": {"prompt": "A kite."}})
    ask("POST", RUNS, {"input": {"prompt": "A kite."}})

    assert ids(simulator, ["all"]) == []


def test_an_idempotency_key_belongs_to_one_request(make_simulator: MakeSimulator) -> None:
    """The same request again is what it is for."""
    simulator = make_simulator(names=["runflow"])
    ask = caller(simulator, "runflow")
    for _ in "ab":
        ask("POST", RUNS, BOAT, headers={"idempotency-key": "one"})
    assert ids(simulator) == []

    ask("POST", RUNS, {"input": {"prompt": "A kite."}}, headers={"idempotency-key": "one"})
    assert ids(simulator) == ["reused-idempotency-key"]


def test_no_key_is_required_if_a_reading_has_none(make_simulator: MakeSimulator) -> None:
    """The header is a fact of the contract, readings included."""
    simulator = make_simulator(names=["runflow"], readings={"idempotency": "nothing"})
    set_faults(simulator.rules, simulator.providers, ["empty; nth=1"])
    for _ in "ab":
        caller(simulator, "runflow")("POST", RUNS, BOAT)

    assert ids(simulator, ["all"]) == []


class Answering(Sender):
    """A receiver with preset responses."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = [*outcomes]

    async def send(self, message: Outgoing) -> Outcome:
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("outcomes", "found"),
    [
        ([Outcome(500)], ["webhook-failed"]),
        ([Outcome(404)], ["webhook-failed"]),
        ([Outcome(error="network", detail="refused")], ["webhook-failed"]),
        ([Outcome(500), Outcome(200)], []),
        ([Outcome(200)], []),
        ([Outcome(error="not allowed", detail="elsewhere")], []),
    ],
)
def test_a_receiver_that_always_fails_is_reported(
    run: Callable[[Any], Any], outcomes: list[Outcome], found: list[str]
) -> None:
    """Once for each webhook, when the provider has given up; what was held back here is not the client's."""
    contracts = load_contracts(["runflow"])
    clock = Clock(start=START, held=True)
    simulator = build_simulator(contracts, clock=clock, accept_any_key=True, sender=Answering(*outcomes))
    caller(simulator, "runflow")("POST", RUNS, {**BOAT, "callback_url": "http://127.0.0.1:9/hook?token=x"})
    run(simulator.advance(100))

    assert ids(simulator) == found
    assert not any("token" in one.done for one in broken(simulator))


def test_a_webhook_that_was_spoilt_on_purpose_is_not_the_clients(run: Callable[[Any], Any]) -> None:
    """A receiver may reject what a fault has broken."""
    contracts = load_contracts(["runflow"])
    clock = Clock(start=START, held=True)
    simulator = build_simulator(contracts, clock=clock, accept_any_key=True, sender=Answering(Outcome(400)))
    set_faults(simulator.rules, simulator.providers, ["callback-oversized"])
    caller(simulator, "runflow")("POST", RUNS, {**BOAT, "callback_url": "http://127.0.0.1:9/hook"})
    run(simulator.advance(100))

    assert ids(simulator) == []


@pytest.mark.parametrize(
    ("prefer", "found"),
    [
        ("expect-violation", []),
        ("expect-violation=unknown-field", []),
        ('respond-async, expect-violation="unknown-model unknown-field"', []),
        ("expect-violation=unknown-model", ["unknown-field"]),
        ("scenario=succeed", ["unknown-field"]),
    ],
)
def test_a_request_can_say_that_it_is_wrong_on_purpose(
    make_simulator: MakeSimulator, prefer: str, found: list[str]
) -> None:
    """In its `Prefer` header, for every rule or for those that it names; scenarios beside it take effect."""
    simulator = make_simulator(names=["runflow"])
    body = {"input": {"prompt": "A boat.", "durration": "4s"}}
    caller(simulator, "runflow")("POST", RUNS, body, headers={"prefer": prefer})

    assert ids(simulator) == found


def test_a_rule_that_does_not_exist_is_an_error(make_simulator: MakeSimulator) -> None:
    """Wherever it is named; the message lists what there is."""
    for named, allow in (("sent-what", ()), ("all", ("sent-what",)), ("all", ("all",))):
        with pytest.raises(OptionError, match="is not valid"):
            select(RULES, named=[named], allow=allow)
    with pytest.raises(OptionError, match="expect-violation"):
        expected_rules("expect-violation=unknown-feld")


def test_each_rule_has_a_sentence_and_a_name_of_its_own() -> None:
    """As the docs list them."""
    assert len(set(IDS)) == len(IDS)
    assert all(rule.summary.endswith(".") for rule in RULES)


def test_that_a_request_is_wrong_on_purpose_is_no_slip(make_simulator: MakeSimulator) -> None:
    """The log reports unknown preferences; this one is known, and a misspelt one is reported."""
    simulator = make_simulator(names=["runflow"])
    ask = caller(simulator, "runflow")
    for prefer in ("expect-violation=unknown-field", "expect-violations"):
        ask("POST", RUNS, BOAT, headers={"prefer": prefer})

    known, slip = simulator.journal
    assert known.notes == ()
    assert "did you mean expect-violation" in slip.notes[0]
