"""The jobs of a run, in groups that are begun when a check asks for them and watched side by side."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mockreel.conformance.check import broken
from mockreel.conformance.jobs.balance_change import Spent, spend
from mockreel.conformance.jobs.job_groups import CHARGED, PLAIN, starts
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.conformance.jobs.task_queue import Task
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.mock_target import NotApplicable

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


class JobWatch:
    """Which jobs were begun, why others were not, and what broke while they were watched."""

    def __init__(self, context: "CheckContext") -> None:
        self._context = context
        self._groups: dict[str, list[JobTrace]] = {}
        self._spent: list[Spent] = []
        self._no_balance = ""
        self.not_begun: dict[str, list[str]] = {}
        self.broken: list[str] = []

    def adopt(self, other: "JobWatch", groups: dict[str, list[JobTrace]]) -> None:
        """Take over what was seen in another context, as these traces tell it."""
        self._groups, self._spent, self._no_balance = groups, other._spent, other._no_balance

    @property
    def groups(self) -> Mapping[str, list[JobTrace]]:
        """The traces so far, by the name of their group."""
        return self._groups

    def begin(self, group: str) -> None:
        """Begin the jobs of a group; they are watched side by side with everything else."""
        if group in self._groups:
            return
        self._groups[group] = []
        if group == CHARGED:
            self._spend()
            return
        for start in starts(self._context, group):
            try:
                self._context.secret()
                self._context.tasks.add(self._context.telling.tell(start, self._groups[group]))
            except MockreelError as reason:
                self.not_begun.setdefault(group, []).append(str(reason))
            except Exception as problem:
                self.broken.append(broken(problem))
                self.not_begun.setdefault(group, []).append(self.broken[-1])

    def _spend(self) -> None:
        """Watch the balance of the other account around a job of its own."""
        if "other" not in self._context.target.keys.of:
            self.not_begun[CHARGED] = ["it takes the key of another account, which nothing else uses; give --other-key"]
            return
        self._context.tasks.add(self._guarded(spend(self._context, self._spent)))

    def _guarded(self, task: Task) -> Task:
        """A task that keeps what stops it."""
        try:
            yield from task
        except NotApplicable as reason:
            self._no_balance = str(reason)
        except MockreelError as reason:
            self.not_begun.setdefault(CHARGED, []).append(str(reason))
        except Exception as problem:
            self.broken.append(broken(problem))
            self.not_begun.setdefault(CHARGED, []).append(self.broken[-1])

    def spent(self) -> list[Spent]:
        """What jobs took from the balance of the other account.

        Raises:
            NotApplicable: it shows none.
        """
        self.told(CHARGED)
        if self._no_balance:
            raise NotApplicable(self._no_balance)
        return self._spent

    def told(self, group: str) -> list[JobTrace]:
        """The stories of a group, told as far as the time allows."""
        self.begin(group)
        if len(self._context.tasks):
            self._context.tasks.finish(self._context.deadline)
        return self._groups[group]

    def traces(self) -> list[JobTrace]:
        """One job for each submit and model, and one for each other course where the target plays one."""
        return self.told(PLAIN)
