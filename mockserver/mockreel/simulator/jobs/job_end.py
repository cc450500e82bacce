"""What the scheduler does at a job's end."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockreel.engine.accounts.account import Account
from mockreel.engine.jobs.job import Job

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider


@dataclass(frozen=True, slots=True, eq=False)
class JobEnd:
    """The scheduler's action at a job's end, if that is still its end then: notify the provider adapter."""

    provider: "Provider"
    job: Job
    at: float

    def __call__(self) -> None:
        if self.job.ends == self.at:
            self.provider.base_url = self.job.account.base_url or self.provider.base_url
            self.provider.adapter.job_ended(self.provider, self.job)


@dataclass(frozen=True, slots=True, eq=False)
class Reckoning:
    """What the scheduler does at a job's end where the jobs in flight stop when nothing is left."""

    provider: "Provider"
    account: Account

    def __call__(self) -> None:
        self.provider.stop_unpaid(self.account, self.provider.clock.now())
