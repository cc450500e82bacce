"""What should happen to a request: the header, the rules, the key, the default, in this order."""

from decimal import Decimal
from typing import Any

import pytest
from support.caller import FOURTH, Caller, MakeSimulator

from mockreel.contract import load_contract
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.scenarios.preferences import Preference, check_preference, error_by_code, preferred, refusal
from mockreel.errors import OptionError

CONTRACT = load_contract("encore", root=FOURTH)
GOOD = {"model": "solo", "input": {"prompt": "a red door"}}


@pytest.mark.parametrize(
    ("header", "preference"),
    [
        (b"scenario=fail", Preference("fail")),
        (b"scenario=fail; code=X", Preference("fail", "X")),
        (b"Scenario=fail;Code=X", Preference("fail", "X")),
        (b'scenario="fail" ; code="X Y"', Preference("fail", "X Y")),
        (b"respond-async, scenario=fail; code=X, wait=5", Preference("fail", "X")),
        (b"respond-async", None),
        (b"", None),
        (b"wait=5; scenario=fail", Preference("fail")),
        (b"=; ;,,scenario=", Preference("")),
        (b"scenario", Preference("")),
        (b"\xff\xfe scenario", None),
        (None, None),
    ],
)
def test_a_wish_is_read_from_the_prefer_header(header: bytes | None, preference: Preference | None) -> None:
    """As RFC 7240 writes preferences; others beside it do not disturb."""
    assert preferred(header) == preference


def test_a_preference_may_come_in_a_header_of_its_own(encore: Caller) -> None:
    """A client library may send its own `Prefer` before ours."""
    request = encore.request("POST", "/v1/jobs", GOOD)
    request.headers = [*request.headers, (b"prefer", b"respond-async"), (b"prefer", b"scenario=rate-limited")]

    answer = encore.provider.answer(request)

    assert getattr(answer, "status", None) == 429


def scenario_of(caller: Caller, headers: dict[str, str] | None = None) -> str:
    """How a submit ends: the row of its error response, or the last state of the job."""
    output = caller("POST", "/v1/jobs", GOOD, headers=headers)
    if output.status != 201:
        return str(output.json["error"]["code"])
    job = caller.provider.jobs.get(output.json["id"])
    assert job is not None
    return job.plan.states[-1].name


def test_the_request_comes_before_the_rules_before_the_key_before_the_default(make_encore: MakeSimulator) -> None:
    """Each in order, if those before it give nothing."""
    simulator = make_encore(keys=[KeyEntry("a", "plain"), KeyEntry("b", "odd", None, None, Decimal(5), "cancelled")])
    plain, odd = (Caller(simulator.provider("encore"), key) for key in "ab")

    assert (scenario_of(plain), scenario_of(odd)) == ("done", "dropped")
    simulator.rules.add(Preference("fail"), prompt="red")
    assert (scenario_of(plain), scenario_of(odd)) == ("broken", "broken")
    wished = {"prefer": "scenario=stuck"}
    assert (scenario_of(plain, wished), scenario_of(odd, wished)) == ("working", "working")


def test_a_rule_looks_for_its_prompt_in_every_text_of_a_body(make_encore: MakeSimulator) -> None:
    """At any depth."""
    simulator = make_encore()
    simulator.rules.add(Preference("unavailable"), prompt="a door")
    caller = Caller(simulator.provider("encore"), "k")

    def send(scenes: Any) -> int:
        return caller("POST", "/v1/models/encore/grand/finale/jobs", {"scenes": scenes}).status

    assert send(["a wall", "a door"]) == 503
    assert send(["a wall"]) == 201
    deep: Any = "a door"
    for _ in range(150):
        deep = [deep]
    assert send(deep) == 503


def test_job_scenarios_act_on_submits_only(encore: Caller) -> None:
    """A rule that makes jobs fail changes no other request; a preferred error scenario does."""
    encore.provider.rules.add(Preference("unavailable"))

    assert encore("GET", "/v1/jobs").status == 200
    assert encore("GET", "/v1/jobs", headers={"prefer": "scenario=fail"}).status == 200
    assert encore("GET", "/v1/jobs", headers={"prefer": "scenario=unavailable"}).status == 503


@pytest.mark.parametrize("name", sorted(CONTRACT.scenarios.requests))
def test_an_error_scenario_plays_its_row(name: str) -> None:
    """`refuse` returns any error response, by its name or by its code."""
    code = "no-job" if name == "refuse" else None
    row = refusal(CONTRACT, Preference(name, code))

    assert row is not None
    assert row.name == {"refuse": "unknown-job"}.get(name, name)


def test_a_job_scenario_plays_no_row() -> None:
    """It is the job that fails, not the request."""
    assert refusal(CONTRACT, Preference("fail", "default")) is None


@pytest.mark.parametrize("row", sorted(CONTRACT.errors))
def test_every_row_is_found_by_its_name_and_by_its_code(row: str) -> None:
    """Either works."""
    found = CONTRACT.errors[row]

    assert error_by_code(CONTRACT, row) is found
    assert error_by_code(CONTRACT, found.code).code == found.code


@pytest.mark.parametrize(
    ("headers", "requested", "valid"),
    [
        ("scenario=sleep", "sleep", "stuck"),
        ("scenario=nsfw", "nsfw", "rate-limited"),
        ("scenario=refuse; code=X", "X", "broke"),
        ("scenario=refuse", None, "broke"),
        ("scenario=fail; code=X", "X", "stage-fright"),
        ("scenario=succeed; code=X", "X", None),
        ("scenario=", "", "fail"),
    ],
)
def test_an_impossible_preference_is_answered_by_the_mock_server_itself(
    headers: str, requested: str | None, valid: str | None, encore: Caller
) -> None:
    """Not in the provider's form: with the requested and the known names."""
    output = encore("POST", "/v1/jobs", GOOD, headers={"prefer": headers})

    assert output.status == 400
    assert output.headers["content-type"] == "application/problem+json"
    assert output.json["asked"] == requested
    assert valid is None or valid in output.json["valid"]
    assert len(encore.provider.jobs) == 0


def test_a_wish_is_checked_by_name() -> None:
    """The message lists what there is."""
    check_preference(CONTRACT, Preference("stuck"))
    with pytest.raises(OptionError, match=r"scenario for encore: 'sleep' is not valid\. Valid: succeed, fail, stuck"):
        check_preference(CONTRACT, Preference("sleep"))


@pytest.mark.parametrize(
    ("header", "notes"),
    [
        ("scenari=fail", ["'scenari' is not known, and is ignored: did you mean scenario=…?"]),
        ("senario=fail; code=X", ["names no scenario, and is ignored: write scenario=…; code=…"]),
        ("code=500", ["code='500' names no scenario, and is ignored: write scenario=…; code=…"]),
        ("faults=reset", ["'faults' is not known, and is ignored: did you mean fault=…?"]),
        ("foo", ["'foo' is not known, and is ignored; known are scenario, fault"]),
        ("scenario=fail; cod=X", ["'cod' says nothing of a scenario, and is ignored: did you mean code=…?"]),
        ("bar, foo", ["'bar' is not known", "'foo' is not known"]),
        ("respond-async, wait=5, return=minimal; x=y, handling=strict", []),
        ("scenario=succeed", []),
        ("fault=delay; seconds=0", []),
        ("", []),
        (";;,", []),
    ],
)
def test_what_is_ignored_is_noted(header: str, notes: list[str], encore: Caller) -> None:
    """On a submit, on a poll, and where nothing is found: in the journal, with what to write instead."""
    for method, path, body in (("POST", "/v1/jobs", GOOD), ("GET", "/v1/jobs", None), ("GET", "/v1/nothing", None)):
        encore(method, path, body, headers={"prefer": header})
        found = [note for note in list(encore.provider.journal)[-1].notes if note.startswith("Prefer")]
        for reported, expected in zip(found, notes, strict=True):
            assert expected in reported


def test_a_job_scenario_on_another_request_is_noted(encore: Caller) -> None:
    """It changes nothing there."""
    output = encore("GET", "/v1/jobs", headers={"prefer": "scenario=fail"})

    assert list(encore.provider.journal)[-1].notes == (
        "scenario=fail is for requests that begin a job, and changes nothing here",
    )
    assert "preference-applied" not in output.headers


@pytest.mark.parametrize(
    ("header", "applied"),
    [
        ("scenario=fail", "scenario=fail"),
        ("scenario=fail; code=X", None),
        ("scenario=rate-limited", "scenario=rate-limited"),
        ("fault=delay; seconds=0", "fault=delay"),
        ("scenario=stuck, fault=delay; seconds=0", "fault=delay, scenario=stuck"),
        ("respond-async", None),
        ("scenari=fail", None),
        ("scenario=nope", None),
    ],
)
def test_the_applied_preference_is_reported(header: str, applied: str | None, encore: Caller) -> None:
    """As RFC 7240 3 has it, without parameters."""
    output = encore("POST", "/v1/jobs", GOOD, headers={"prefer": header})

    assert output.headers.get("preference-applied") == applied


def test_without_a_preference_nothing_is_reported(encore: Caller) -> None:
    """A rule that applies is no preference."""
    encore.provider.rules.add(Preference("fail"))

    assert "preference-applied" not in encore("POST", "/v1/jobs", GOOD).headers
