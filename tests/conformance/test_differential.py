"""What a server answers is held beside what two models of its contract answer to the same requests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from conformance.saboteurs.saboteur import (
    Saboteur,
    Stranger,
    altering,
    change_json,
    honest_contract,
    meddling,
    with_header,
)

from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run
from mockreel.conformance.checks import EVERY as EVERY_CHECK
from mockreel.conformance.checks import differential
from mockreel.conformance.checks.differential.reply_comparison import Comparison, Difference
from mockreel.conformance.checks.differential.symbols import Symbols, Unknown
from mockreel.conformance.suite import Plan
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.messages.message import Request, Response

EVERY = ("runflow", "aimlapi", "runninghub")
JOB, ITS, HERS = "job-2f9a71", "job-8810cc", "job-4471ab"


def verdicts(saboteur: Saboteur) -> dict[str, str]:
    """What the differential checks alone say of a server."""
    honest = honest_contract(saboteur.provider)
    target = Stranger(honest, seed=7, answering=saboteur.answering(), sender=saboteur.sender)
    try:
        outcomes = list(
            run(
                CheckContext(honest, target, CheckOptions(quick=True, budget=100_000, differential=True)),
                differential.CHECKS,
            )
        )
    finally:
        target.close()
    return {one.check: one.verdict for one in outcomes if one.check.startswith("model.")}


@pytest.mark.parametrize("provider", EVERY)
def test_an_honest_server_of_another_seed_does_not_differ(provider: str) -> None:
    """Ids, moments, random values and the times at which jobs end are no difference."""
    found = verdicts(Saboteur("honest", "nothing is wrong with it", provider))

    assert {one for one in found.values() if one in ("falls short", "doubtful", "broke")} == set()


def change_responses(*operations: str, change: Callable[[Any], Any]) -> Callable[[], Any]:
    def alter(response: Response, _: Request) -> Response:
        return change_json(response, change)

    return altering(*operations, change=alter)


@pytest.mark.parametrize(
    ("check", "saboteur"),
    [
        pytest.param(
            "model.replies",
            Saboteur("currency", "prices are in dollars", "runninghub",
                     answering=change_responses("preview_price", change=lambda body: {**body, "currency": "USD"})),
            id="a constant of a reply",
        ),
        pytest.param(
            "model.refusals",
            Saboteur("wording", "a wrong key gets another text", "aimlapi",
                     answering=change_responses("get_generation", change=lambda body: {**body, "message": "No."}
                                        if body.get("status") == 401 else body)),
            id="the text of a refusal",
        ),
        pytest.param(
            "model.updates",
            Saboteur("kept", "an update answers as before", "runflow",
                     answering=change_responses("update_webhook", change=lambda body: {**body, "url": "http://127.0.0.1:9/"}
                                        if "url" in body else body)),
            id="what was changed",
        ),
        pytest.param(
            "model.webhooks",
            Saboteur("header", "no webhook has its request id", "runflow",
                     sender=meddling(lambda message, _: with_header(message, "Runflow-Request-Id", None))),
            id="a header of a webhook",
        ),
    ],
)  # fmt: skip
def test_a_difference_is_reported_by_the_check_that_it_belongs_to(check: str, saboteur: Saboteur) -> None:
    """Nothing of these servers is against a schema: only what the models say shows it."""
    assert verdicts(saboteur)[check] in ("falls short", "doubtful")


def test_a_name_stands_for_one_name_in_both_directions() -> None:
    """An id that a server uses for two things is a difference, whichever of the two came first."""
    symbols = Symbols()

    assert symbols.bind(JOB, (ITS, HERS))
    assert symbols.bind(JOB, (ITS, HERS))
    assert not symbols.bind(JOB, ("job-999999", "job-888888"))
    assert not symbols.bind("job-777777", (ITS, HERS))


def test_a_request_is_written_in_the_names_of_each_model() -> None:
    """Paths, queries and bodies name the model's own things."""
    symbols = Symbols()
    symbols.bind(JOB, (ITS, HERS))
    request = SentRequest("POST", f"/v1/jobs/{JOB}", f"of={JOB}", body=f'{{"id":"{JOB}"}}'.encode())

    found = symbols.request(request, 1)

    assert (found.path, found.query, found.json) == (f"/v1/jobs/{HERS}", f"of={HERS}", {"id": HERS})


def test_a_request_with_a_name_that_no_model_gave_cannot_be_asked() -> None:
    """A server that made something which the models refused is not compared any further about it."""
    symbols = Symbols()
    symbols.note({"id": JOB})

    with pytest.raises(Unknown):
        symbols.request(SentRequest("GET", f"/v1/jobs/{JOB}"), 0)


@pytest.mark.parametrize(
    ("actual", "one", "other", "kinds"),
    [
        ({"a": 1}, {"a": 1}, {"a": 1}, []),
        ({"a": 1, "more": 2}, {"a": 1}, {"a": 1}, []),
        ({"a": 9}, {"a": 1}, {"a": 2}, []),
        ({"a": 9}, {"a": 1}, {"a": 1}, ["value"]),
        ({}, {"a": 1}, {"a": 1}, ["key"]),
        ({"a": "1"}, {"a": 1}, {"a": 2}, ["type"]),
        ({"a": ["x"]}, {"a": ["x", "y"]}, {"a": ["x", "y"]}, ["entry"]),
        ({"at": "2031-05-06T07:08:09Z"}, {"at": "2026-01-01T00:00:00Z"}, {"at": "2026-02-01T00:00:00Z"}, []),
        ({"at": "2031-05-06 07:08:09"}, {"at": "2026-01-01T00:00:00.5Z"}, {"at": "2026-02-01T00:00:00.5Z"}, ["type"]),
        ({"at": "2031-05-06T07:08:09Z"}, {"at": "2026-01-01T00:00:00+00:00"}, {"at": "2026-02-01T00:00:00+00:00"}, []),
        ({"at": None}, {"at": "2026-01-01T00:00:00Z"}, {"at": "2026-02-01T00:00:00Z"}, []),
        ({}, {"a": None}, {"a": None}, []),
        ({"a": None}, {"a": []}, {"a": []}, []),
        ({"a": None}, {"a": ["x"]}, {"a": ["x"]}, ["type"]),
        ({"a": "/f.mp4?sig=1"}, {"a": "/f.mp4"}, {"a": "/f.mp4"}, []),
        ({"a": "/f.mp4.exe"}, {"a": "/f.mp4"}, {"a": "/f.mp4"}, ["value"]),
        ({"a": "0.50"}, {"a": "0.5"}, {"a": "0.5"}, []),
        ({"a": "0.51"}, {"a": "0.5"}, {"a": "0.5"}, ["value"]),
        ({"t": '{"a":9}'}, {"t": '{"a":1}'}, {"t": '{"a": 1}'}, ["value"]),
    ],
)  # fmt: skip
def test_what_both_models_say_alike_is_what_is_compared(actual: Any, one: Any, other: Any, kinds: list[str]) -> None:
    """Further keys and what differs between the models are no difference; constants, types, forms and entries are."""
    found = Comparison(Symbols(), {}).documents(actual, one, other)

    assert [difference.kind for difference in found] == kinds


@pytest.mark.parametrize(
    ("one", "other"),
    [({"id": "run-1"}, {"id": None}), ({"id": "run-1"}, {}), ([{"id": "run-1"}], [None]), ({"id": "run-1"}, [])],
)
def test_a_name_where_the_models_differ_in_form_is_the_servers_own(one: Any, other: Any) -> None:
    """A request that names it cannot be asked of the models: they would not know it, and be blamed for that."""
    symbols = Symbols()
    actual = [{"id": "run-777"}] if isinstance(one, list) else {"id": "run-777"}
    Comparison(symbols, {}, lambda _: False, lambda _: False).documents(actual, one, other)

    with pytest.raises(Unknown):
        symbols.request(SentRequest("GET", "/runs/run-777"), 0)


def plan_of(*checks: str, differential: bool = True) -> Plan:
    return Plan(checks=checks, quick=True, differential=differential)


def test_a_run_compares_unless_an_option_turns_it_off() -> None:
    """The comparison is part of a run; what the mock server itself is compared with would be the same."""
    assert plan_of().options.differential
    assert not plan_of(differential=False).options.differential
    assert plan_of("model.replies", differential=False).options.differential


@pytest.mark.parametrize(("actual", "differs"), [
    ("curl http://127.0.0.1:4010/run/7 -H 'a: b'", False),
    ("curl https://api.example.com/v2/run/7 -H 'a: b'", False),
    ("curl https://api.example.com/run/8 -H 'a: b'", True),
    ("curl /run/7 -H 'a: b'", True),
])  # fmt: skip
def test_a_text_may_have_the_address_of_its_server(actual: str, *, differs: bool) -> None:
    """A sample request in a reply names the server that it came from."""
    model = {"curl": "curl http://mock.test/run/7 -H 'a: b'"}

    found = Comparison(Symbols(), {}).documents({"curl": actual}, model, model)

    assert bool(found) == differs


@pytest.mark.parametrize(
    ("checks", "session", "jobs"),
    [
        ((), True, True),
        (("model.replies",), True, True),
        (("model.session", "model.replies"), True, False),
        (("list.form", "model.replies"), False, False),
        (("lifecycle.ends", "model.replies"), False, True),
        (("generated.fuzzing:list_runs", "model.refusals"), False, True),
    ],
)
def test_a_comparison_of_other_checks_requests_sends_none_itself(
    checks: tuple[str, ...], session: bool, jobs: bool
) -> None:
    """Alone it asks for all that it compares; beside others it waits for no job that they do not begin."""
    plan = plan_of(*checks)
    compares = [one for one in plan.chosen() if one.id in ("model.replies", "model.refusals")]

    assert plan.options.session == session
    assert all(bool(one.uses) == jobs for one in compares)


class Hasty(Stranger):
    """A server whose time is up as soon as its last response has come."""

    late = False

    def now(self) -> float:
        return super().now() + (1e9 if self.late else 0.0)


def test_what_the_budget_had_no_room_for_is_reported_as_not_checked() -> None:
    """The log is compared as long as there is time, and the rest is counted."""
    honest = honest_contract("aimlapi")
    target = Hasty(honest, seed=7)
    try:
        context = CheckContext(honest, target, CheckOptions(quick=True, budget=1000, differential=True))
        list(run(context, [one for one in EVERY_CHECK if one.id == "list.form"]))
        target.late = True
        (outcome,) = [
            one
            for one in run(context, [replace(one, uses=()) for one in differential.CHECKS if one.id == "model.replies"])
            if one.check == "model.replies"
        ]
    finally:
        target.close()

    assert outcome.verdict == "not checked"
    assert "--budget" in outcome.reasons[0]


@pytest.mark.parametrize(("whole", "kinds"), [(True, ["entry"]), (False, [])])
def test_a_catalogue_that_is_no_page_must_have_every_entry(whole: bool, kinds: list[str]) -> None:
    """A page of it may begin elsewhere."""
    actual, model = {"items": [{"code": "other"}]}, {"items": [{"code": "standard"}]}

    found = Comparison(Symbols(), {}, whole=whole).documents(actual, model, model)

    assert [difference.kind for difference in found] == kinds


def test_a_difference_must_be_expected_alike_by_models_in_company() -> None:
    """What follows from other things in the account is another value there."""
    alone = Difference("/items/3/total", "value", 4, 6)

    assert alone.says_as(Difference("/items/9/total", "value", 4, 6))
    assert not alone.says_as(Difference("/items/9/total", "value", 12, 6))
    assert alone.anywhere == "/items/*/total"


def test_an_id_that_is_sent_as_a_number_is_the_id_of_the_model() -> None:
    """A body may name a job by a number; each model has another one."""
    symbols = Symbols()
    symbols.same("2006515713481698750", ("2006515713000000001", "2006515713000000002"))
    request = SentRequest("POST", "/query", body=b'{"taskId": 2006515713481698750, "size": 20}')

    assert symbols.request(request, 1).json == {"taskId": 2006515713000000002, "size": 20}
