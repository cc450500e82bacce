"""AI/ML API's error responses."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from support.caller import Caller, MakeSimulator

from mockreel.engine.accounts.account import KeyEntry
from mockreel.simulator.simulator import Simulator

Ask = Callable[..., Caller]

ROUTE = "/v2/video/generations"
BODY = {"model": "google/veo-3.1-lite-generate-001", "prompt": "A paper boat crosses a puddle at dusk"}
KEY_TEXT = (
    "This request requires a valid API key. You can create a new API key on the Billing page: "
    "https://aimlapi.com/app/keys"
)


def test_a_rejected_option_has_the_published_message(ask: Ask) -> None:
    """The published body of January 2026, with this model's options."""
    refused = ask("aimlapi")("POST", ROUTE, {**BODY, "resolution": "768P"})

    text = "Invalid enum value. Expected '720P' | '1080P', received '768P'"
    issue = {"received": "768P", "code": "invalid_enum_value", "options": ["720P", "1080P"]}
    assert refused.status == 400
    assert refused.json == {
        "title": "Bad Request",
        "status": 400,
        "message": "Invalid payload provided",
        "instance": "/v2/video/generations?",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "error": {
            "name": "BadRequestException",
            "message": "Invalid payload provided",
            "data": [{**issue, "path": ["resolution"], "message": text}],
        },
    }


def test_all_violations_are_listed(ask: Ask) -> None:
    """Each with its path; options that are numbers are quoted, and named once."""
    refused = ask("aimlapi")("POST", ROUTE, {"model": BODY["model"], "duration": 5, "generate_audio": "yes"})

    issues = {issue["path"][0]: issue["message"] for issue in refused.json["error"]["data"]}
    assert issues == {
        "prompt": "Required",
        "duration": "Invalid enum value. Expected '4' | '6' | '8', received '5'",
        "generate_audio": "Expected boolean, received string",
    }


def test_an_unknown_model_is_rejected_with_the_known_ones(ask: Ask) -> None:
    """As the page on errors prints it for one of the older routes."""
    refused = ask("aimlapi")("POST", ROUTE, {**BODY, "model": "google/veo-9"})

    (issue,) = refused.json["error"]["data"]
    assert refused.status == 400
    assert issue["path"] == ["model"]
    assert BODY["model"] in issue["options"]
    assert issue["message"].endswith("received 'google/veo-9'")


@pytest.mark.parametrize("key", [None, "", "invalid-key"])
def test_a_missing_and_a_wrong_key_are_rejected_alike(ask: Ask, key: str | None) -> None:
    """One text for both."""
    refused = ask("aimlapi", key)("POST", ROUTE, BODY, key=key)

    assert refused.status == 401
    assert refused.json["message"] == refused.json["error"]["message"] == KEY_TEXT


@pytest.mark.parametrize(
    ("call", "status", "message"),
    [
        ({"method": "GET", "path": "/v3/nothing"}, 404, "Cannot GET /v3/nothing"),
        ({"method": "DELETE", "path": ROUTE}, 404, "Cannot DELETE /v2/video/generations"),
        ({"method": "POST", "path": ROUTE, "raw": b"{"}, 400, "Invalid payload provided"),
        ({"method": "POST", "path": ROUTE, "raw": b'{"model": NaN}'}, 400, "Invalid payload provided"),
        ({"method": "POST", "path": ROUTE, "raw": b""}, 400, "Invalid payload provided"),
        ({"method": "POST", "path": ROUTE, "raw": b"[]"}, 400, "Invalid payload provided"),
        (
            {"method": "POST", "path": ROUTE, "raw": b"a=b", "headers": {"Content-Type": "text/plain"}},
            400,
            "Invalid payload provided",
        ),
        ({"method": "GET", "path": ROUTE}, 400, "Invalid payload provided"),
        ({"method": "GET", "path": f"{ROUTE}?generation_id=x"}, 404, "Inference not found"),
        ({"method": "GET", "path": "/model/none/such"}, 404, "Model not found"),
    ],
)
def test_a_request_that_cannot_be_played_is_rejected(
    simulator: Simulator, ask: Ask, call: Mapping[str, Any], status: int, message: str
) -> None:
    """Status, message and a body that matches the error schema."""
    refused = ask("aimlapi")(**call)

    assert (refused.status, refused.json["message"]) == (status, message)
    assert simulator.provider("aimlapi").contract.schemas.validator("error.json").is_valid(refused.json)


def test_a_body_that_is_too_large_is_rejected(make_simulator: MakeSimulator) -> None:
    """The limit is the simulator's; the words are the provider's."""
    caller = Caller(make_simulator(names=["aimlapi"], max_body=100).provider("aimlapi"), "key")

    refused = caller("POST", ROUTE, {**BODY, "prompt": "x" * 200})

    assert (refused.status, refused.json["error"]["name"]) == (413, "PayloadTooLargeException")


def test_every_row_can_be_played_and_fits_its_schema(simulator: Simulator, ask: Ask) -> None:
    """By its name and by its code; what is no JSON is of the type that the row says."""
    contract = simulator.provider("aimlapi").contract
    for row in contract.errors.values():
        for code in (row.name, row.code):
            played = ask("aimlapi")("POST", ROUTE, BODY, headers={"Prefer": f"scenario=refuse; code={code}"})
            first = next(other for other in contract.errors.values() if code in (other.name, other.code))
            assert played.status == first.status, (row.name, code)
            if "media" not in first.fields:
                assert contract.schemas.validator("error.json").is_valid(played.json), row.name


def test_no_placeholder_is_left_in_a_message(simulator: Simulator, ask: Ask) -> None:
    """Also if an error response is requested without what usually causes it."""
    for name in simulator.provider("aimlapi").contract.errors:
        played = ask("aimlapi")("POST", ROUTE, BODY, headers={"Prefer": f"scenario=refuse; code={name}"})
        assert b"{request_id}" not in played.response.body
        assert b"{method}" not in played.response.body


def test_an_account_without_credit_gets_the_published_error(ask: Ask) -> None:
    """403 with their misspelt kind."""
    refused = ask("aimlapi")("POST", ROUTE, BODY, headers={"Prefer": "scenario=insufficient-credit"})

    assert refused.status == 403
    assert refused.json["error"]["name"] == "ForbiddenException"
    assert refused.json["error"]["data"] == {"kind": "err_insufficent_credits"}


def test_a_listed_balance_runs_out(make_simulator: MakeSimulator) -> None:
    """Open generations count; the last one may overdraw, the next is rejected."""
    keys = [KeyEntry("small", "small", balance=Decimal("0.10"))]
    caller = Caller(make_simulator(names=["aimlapi"], keys=keys).provider("aimlapi"), "small")

    assert [caller("POST", ROUTE, BODY).status for _ in range(3)] == [200, 200, 403]
