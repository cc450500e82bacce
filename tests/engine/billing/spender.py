"""Spend money at a provider: one submit for each, and what its balance endpoint says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from support.caller import Caller, CallerResponse

from mockreel.engine.accounts.account import Account
from mockreel.engine.jobs.job import Job
from mockreel.simulator.provider import Provider

SUBMITS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "runflow": (
        "/v1/models/google/veo3.1/lite/runs",
        {"input": {"prompt": "A boat.", "duration": "4s", "resolution": "720p"}},
    ),
    "aimlapi": ("/v2/video/generations", {"model": "veo-3.1-lite-generate-001", "prompt": "A boat.", "duration": 4}),
    "runninghub": (
        "/openapi/v2/rhart-video-v3.1-lite-official/text-to-video",
        {"prompt": "A boat.", "aspectRatio": "16:9", "resolution": "720p", "duration": "4"},
    ),
    "encore": ("/v1/models/encore/solo/jobs", {"prompt": "A boat."}),
}
# What such a job costs, or is counted for.
COSTS = {
    "runflow": Decimal("0.12"),
    "aimlapi": Decimal("0.06"),
    "runninghub": Decimal("1.26"),
    "encore": Decimal("0.20"),
}


@dataclass
class Spender:
    """One account of one provider."""

    provider: Provider
    key: str

    @property
    def account(self) -> Account:
        found = self.provider.keyring.find(self.key)
        assert found is not None
        return found.account

    @property
    def now(self) -> float:
        return self.provider.clock.now()

    def submit(self, scenario: str | None = None) -> CallerResponse:
        """Submit the job of this provider."""
        path, body = SUBMITS[self.provider.name]
        headers = {"prefer": f"scenario={scenario}"} if scenario else {}
        return Caller(self.provider, self.key)("POST", path, body, headers=headers)

    def begin(self, scenario: str | None = None) -> Job:
        """The same, which must be accepted."""
        reported = self.submit(scenario)
        assert self.account.jobs, reported.response.body
        return self.account.jobs[-1]

    def balance(self) -> Decimal | None:
        """The balance that the provider shows."""
        return _TOLD[self.provider.name](Caller(self.provider, self.key))

    def refused(self, scenario: str | None = None) -> bool:
        """Whether a submit is rejected for lack of money; if not, a job has started."""
        before = len(self.account.jobs)
        reported = self.submit(scenario)
        if len(self.account.jobs) > before:
            return False
        row = self.provider.contract.errors[self.provider.contract.money.error]
        assert reported.status == row.status
        assert row.message.encode()[:30] in reported.response.body
        return True


def _runflow(caller: Caller) -> Decimal:
    return Decimal(caller("GET", "/v1/billing/balance").json["balance"])


def _aimlapi(caller: Caller) -> Decimal:
    credits_left = caller("GET", "/v1/billing/balance").json["balance"]
    usd = caller("GET", "/v2/billing").json["current_balance"]
    assert credits_left == round(usd * 2_000_000)
    return Decimal(str(usd))


def _runninghub(caller: Caller) -> Decimal | None:
    data = caller("POST", "/uc/openapi/accountStatus", {"apikey": caller.key}).json["data"]
    return None if data["remainMoney"] is None else Decimal(str(data["remainMoney"]))


_TOLD: Mapping[str, Callable[[Caller], Decimal | None]] = {
    "runflow": _runflow,
    "aimlapi": _aimlapi,
    "runninghub": _runninghub,
}
