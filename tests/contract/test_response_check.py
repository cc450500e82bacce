"""What the documented responses of an operation have and may lack."""

import pytest

from mockreel.contract import load_contract
from mockreel.contract.exchanges.response_check import ResponseChecker


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_every_place_of_a_submit_is_followed_through_the_schemas(provider: str) -> None:
    """Also one that a schema takes over from another document, whose references are relative to that one."""
    contract = load_contract(provider)
    checker = ResponseChecker(contract)
    asked = [
        (contract.operation(submit), place)
        for talk in contract.conversation.jobs.values()
        for row in (talk.promises.begun, talk.promises.opens)
        for submit in talk.submits
        for place in (row.at if row else ())
    ]

    assert asked
    assert {checker.may_lack(operation, place) for operation, place in asked} <= {True, False}


def test_a_required_place_may_not_be_lacking() -> None:
    """It is required by the schema that the response takes over; what no schema names may be lacking."""
    contract = load_contract("runflow")
    checker, submit = ResponseChecker(contract), contract.operation("create_run")

    assert not checker.may_lack(submit, "/status_code")
    assert checker.may_lack(submit, "/no-such-field")
