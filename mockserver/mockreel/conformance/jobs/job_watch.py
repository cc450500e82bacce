"""The jobs of a run, in groups that begin on demand and are watched side by side."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mockreel.conformance.check import broken
from mockreel.conformance.jobs.balance_change import Spent, spend
from mockreel.conformance.jobs.batch_charge import BatchCharge
from mockreel.conformance.jobs.batch_traces import BatchTrace, trace_batch
from mockreel.conformance.jobs.job_counters import Counted, Released, count
from mockreel.conformance.jobs.job_groups import APART, BATCH, CHARGED, COUNTED, OPTIONAL, PLAIN, SUBSCRIBED, starts
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.conformance.jobs.subscription_traces import SubscriptionTrace, trace_subscription
from mockreel.conformance.jobs.task_queue import Task
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.mock_target import NotApplicable

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


class JobWatch:
    """The jobs that were begun, why others were not, and errors while watching."""

    def __init__(self, context: "CheckContext") -> None:
        self._context = context
        self._groups: dict[str, list[JobTrace]] = {}
        self._spent: list[Spent] = []
        self._released: list[Released] = []
        self._charged_batches: list[BatchCharge] = []
        self._counted: list[Counted] = []
        self._batches: list[BatchTrace] = []
        self._subscriptions: list[SubscriptionTrace] = []
        self._pointless: dict[str, str] = {}  # groups that do not apply, and why
        self.not_begun: dict[str, list[str]] = {}
        self.broken: list[str] = []

    def adopt(self, other: "JobWatch", groups: dict[str, list[JobTrace]]) -> None:
        """Take over these traces of another context."""
        self._groups, self._spent, self._pointless = groups, other._spent, other._pointless
        self._counted, self._batches = other._counted, other._batches
        self._released = other._released
        self._charged_batches = other._charged_batches
        self._subscriptions = other._subscriptions

    @property
    def groups(self) -> Mapping[str, list[JobTrace]]:
        """The traces so far, by the name of their group."""
        return self._groups

    def begin(self, group: str) -> None:
        """Begin the jobs of a group; they are watched side by side with everything else."""
        if group in self._groups:
            return
        self._groups[group] = []
        if group in APART:
            self._begin_apart(group)
            return
        for start in starts(self._context, group):
            try:
                self._context.secret()
                self._context.tasks.add(self._context.job_traces.tell(start, self._groups[group]))
            except MockreelError as reason:
                self.not_begun.setdefault(OPTIONAL if start.optional else group, []).append(str(reason))
            except Exception as problem:
                self.broken.append(broken(problem))
                self.not_begun.setdefault(group, []).append(self.broken[-1])

    def _begin_apart(self, group: str) -> None:
        """Begin what is no group of jobs: a balance or counters around a job, a batch, or a subscription."""
        context, talks = self._context, self._context.contract.conversation
        if group == CHARGED and "other" not in context.target.keys.of:
            self.not_begun[CHARGED] = ["it takes the key of another account, which nothing else uses; give --other-key"]
        elif group == CHARGED and talks.account is not None:
            context.tasks.add(
                self._guarded(CHARGED, spend(context, self._spent, self._charged_batches, self._released))
            )
        elif group == COUNTED:
            context.tasks.add(self._guarded(COUNTED, count(context, self._counted)))
        elif group == BATCH and talks.batch is not None:
            context.tasks.add(self._guarded(BATCH, trace_batch(context, talks.batch, self._batches)))
        elif group == SUBSCRIBED and talks.subscription is not None and context.target.receiver is not None:
            context.tasks.add(
                self._guarded(SUBSCRIBED, trace_subscription(context, talks.subscription, self._subscriptions))
            )

    def _guarded(self, group: str, task: Task) -> Task:
        """A task that keeps what stops it."""
        try:
            yield from task
        except NotApplicable as reason:
            self._pointless[group] = str(reason)
        except MockreelError as reason:
            self.not_begun.setdefault(group, []).append(str(reason))
        except Exception as problem:
            self.broken.append(broken(problem))
            self.not_begun.setdefault(group, []).append(self.broken[-1])

    def counted(self) -> list[Counted]:
        """The values of the account's counters around a job."""
        self._apply(COUNTED)
        return self._counted

    def batches(self) -> list[BatchTrace]:
        """The batches of the run, as far as they were seen.

        Raises:
            NotApplicable: there is no well-formed request for one.
        """
        self._apply(BATCH)
        return self._batches

    def subscriptions(self) -> list[SubscriptionTrace]:
        """The webhook subscriptions of the run, as far as they were seen."""
        self._apply(SUBSCRIBED)
        return self._subscriptions

    def spent(self) -> list[Spent]:
        """What jobs took from the balance of the other account.

        Raises:
            NotApplicable: it shows none.
        """
        self._apply(CHARGED)
        return self._spent

    def charged_batches(self) -> list[BatchCharge]:
        """What batches took from the balance of the other account."""
        self._apply(CHARGED)
        return self._charged_batches

    def released(self) -> list[Released]:
        """The counters of the other account around jobs of its own that have ended."""
        self._apply(CHARGED)
        return self._released

    def _apply(self, group: str) -> None:
        """Watch a group, and see that it applies."""
        self.told(group)
        if group in self._pointless:
            raise NotApplicable(self._pointless[group])

    def told(self, group: str) -> list[JobTrace]:
        """The traces of a group, as far as the time allows."""
        self.begin(group)
        if len(self._context.tasks):
            self._context.tasks.finish(self._context.budget.deadline)
        return self._groups[group]

    def traces(self) -> list[JobTrace]:
        """One job for each submit and model, for each scenario that the target supports, and for each sort of field."""
        return self.told(PLAIN)
