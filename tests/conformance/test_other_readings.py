"""A run judged again under another reading: by what was seen, and by nothing that is sent for it."""

from contextlib import closing

import pytest

from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run
from mockreel.conformance.checks import EVERY
from mockreel.conformance.other_readings import _faults
from mockreel.contract import load_contract
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.simulator.in_process.mock_target import MockTarget


class _Counting(MockTarget):
    sent = 0

    def send(self, request: SentRequest) -> ReceivedResponse:
        self.sent += 1
        return super().send(request)

    def fetch(self, url: str, *, span: str | None = None) -> ReceivedResponse:
        self.sent += 1
        return super().fetch(url, span=span)


@pytest.mark.parametrize("provider", ["aimlapi", "runflow", "runninghub"])
def test_judging_again_sends_nothing(provider: str) -> None:
    contract = load_contract(provider)
    with closing(_Counting(contract)) as target:
        context = CheckContext(contract, target, CheckOptions(quick=True))
        list(run(context))
        sent = target.sent

        _faults(context, contract, {check.id: 1 for check in EVERY})

        assert target.sent == sent > 0


def test_a_check_that_cannot_judge_again_does_not_fit_another_reading() -> None:
    """What it needs was not seen, so its faults are as many as before."""
    contract = load_contract("runninghub")
    with closing(MockTarget(contract)) as target:
        context = CheckContext(contract, target, CheckOptions(quick=True))

        assert _faults(context, contract, {"result.size": 3}) == 3
