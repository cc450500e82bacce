"""The plan of a run holds what the run spends: jobs and money, those of batches and subscriptions included."""

from contextlib import closing
from decimal import Decimal

import pytest
from conformance.saboteurs.saboteur import Stranger, honest_contract

from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run
from mockreel.conformance.checks import EVERY
from mockreel.conformance.run_plan import Announcement, announce
from mockreel.conformance.spending_guard import Admission, SpendingGuard
from mockreel.conformance.targets.url_target import RemoteTarget
from mockreel.contract import Contract
from mockreel.server.socket_server import serving

PROVIDERS = ("runflow", "aimlapi", "runninghub")


class _Billing(Stranger):
    """A server of somebody else's that bills, and tells what it has charged."""

    plays = False

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self.guard = SpendingGuard(contract, "full")

    @property
    def jobs(self) -> int:
        return len(self._provider.jobs)

    @property
    def charged(self) -> Decimal:
        self.wait(120.0)
        amounts = (self._provider.ledger.charged(job, self.now()) for job in self._provider.jobs)
        return sum((one for one in amounts if one is not None), Decimal(0))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_money_of_the_plan_is_what_is_charged(provider: str) -> None:
    """No less, and at most a tenth more, as a job that is cancelled or fails costs less than it may."""
    contract = honest_contract(provider)
    target = _Billing(contract)
    context = CheckContext(contract, target, CheckOptions(quick=True, budget=100_000, differential=False))
    planned = announce(context, EVERY)
    list(run(context, EVERY))
    charged, jobs = target.charged, target.jobs
    target.close()

    assert charged > 0
    assert charged <= planned.money[contract.money.currency] <= charged * Decimal("1.1")
    assert 0.9 * jobs <= planned.jobs <= 1.1 * jobs


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("admission", "is_paid"), [("full", True), ("reads", False)])
def test_the_plan_of_a_base_url_has_its_money(provider: str, admission: Admission, is_paid: bool) -> None:
    """Where jobs are begun; without an option for it none is."""
    contract = honest_contract(provider)
    with serving(provider, held=True) as server:
        url, key = server.addresses[provider].url, server.addresses[provider].key
        target = RemoteTarget(url, contract, guard=SpendingGuard(contract, admission), keys={"own": key}, receiver=None)
        with closing(target):
            context = CheckContext(contract, target, CheckOptions(quick=True, budget=100_000, differential=False))
            planned = announce(context, EVERY)

    assert bool(planned.money.get(contract.money.currency)) == is_paid
    assert bool(planned.jobs) == is_paid


def test_the_plan_says_of_how_many_jobs_the_price_is_not_exact() -> None:
    """The sum has their least price, or what is charged for a job of unknown price."""
    found = Announcement("runflow", money={"USD": Decimal("1.50")}, unpriced=2)

    assert found.sentence().endswith("1.5 USD with 2 jobs without an exact price")
