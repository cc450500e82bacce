"""A running mock server: its addresses, and its interface for code in the same process."""

import asyncio
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockreel import __version__
from mockreel.engine.billing import Amount, CostSummary, cost_avoided, read_budget
from mockreel.engine.clock import Clock
from mockreel.engine.journal.journal import Journal
from mockreel.engine.journal.journal_query import JournalQuery, Verdict, count_verdict, ordered
from mockreel.engine.scenarios.rules import Rule
from mockreel.errors import EventLoopBlocked, OptionError
from mockreel.simulator.rule_parser import set_faults
from mockreel.simulator.simulator import Change, Simulator

if TYPE_CHECKING:
    from mockreel.simulator.client_rules import Violation

# So many claims that did not hold are remembered.
MOST_UNMET = 5


@dataclass(frozen=True, slots=True)
class Address:
    """Where one door of a running mock server is: a provider with a key that works, or the control API."""

    url: str
    key: str = field(default="", repr=False)  # it may be a listed one


@dataclass(frozen=True)
class MockServer:
    """A server that is running: `server.runflow.url`, `server.runflow.key`, `server.control.url`, as in its file."""

    addresses: Mapping[str, Address]
    simulator: Simulator = field(repr=False)
    # The newest journal assertions that failed, for the report of a failed test.
    unmet: deque[Verdict] = field(default_factory=lambda: deque(maxlen=MOST_UNMET), repr=False)
    ca: Path | None = None  # the file of the authority that vouches for it, where one was made for the run
    _expected: "Counter[Violation]" = field(default_factory=Counter, repr=False)

    def __getattr__(self, name: str) -> Address:
        addresses: Mapping[str, Address] = self.__dict__["addresses"]
        if name not in addresses:
            raise AttributeError(f"no {name!r} on this mock server; there are {', '.join(addresses)}")
        return addresses[name]

    @property
    def journal(self) -> Journal:
        """The journal of exchanges and delivery attempts."""
        return self.simulator.journal

    def changes(self, *, provider: str | None = None, job: str | None = None) -> list[Change]:
        """Every state that the jobs have entered so far, in the order of time."""
        return self.simulator.changes(provider=provider, job=job)

    def requested(
        self, *, times: int | None = None, at_least: int | None = None, at_most: int | None = None, **what: Any
    ) -> Verdict:
        """Whether so many exchanges match, at least one by default: `assert server.requested(operation="get_run")`.

        Args:
            what: `provider`, `operation`, `method`, `path`, `account`, `job`, `status`, `refusal`; `body` and `reply`
                are mappings whose fields must occur in the JSON with these values.

        Raises:
            OptionError: an unknown keyword, or an operation that no provider has.
        """
        query = self._query(what)
        verdict = count_verdict(self.journal.numbered(), query, times=times, at_least=at_least, at_most=at_most)
        return self._noted(verdict)

    def requested_in_order(self, *steps: Mapping[str, Any]) -> Verdict:
        """Whether an exchange fits each step, each after the one before; others may lie between."""
        return self._noted(ordered(self.journal.numbered(), [self._query(step) for step in steps]))

    def _noted(self, verdict: Verdict) -> Verdict:
        if not verdict:
            self.unmet.append(verdict)
        return verdict

    def _query(self, what: Mapping[str, Any]) -> JournalQuery:
        query = JournalQuery.of(what)
        self.journal.check(**what)
        return query

    def reset(self) -> None:
        """Reset: no job, account, delivery or journal; the rules and the clock as at the start.

        Raises:
            MockServerClosed: the mock server has ended.
        """

        async def reset() -> None:
            self.simulator.reset()

        self.simulator.scheduler.run_from_outside(reset(), what="reset").result()
        self._expected.clear()

    @contextmanager
    def expecting_violation(self, *rules: str) -> Iterator[None]:
        """What breaks these client rules within the block (any rule, if none is named) is meant, and fails nothing.

        Raises:
            AssertionError: nothing broke them.
            OptionError: there is no such rule.
        """
        from mockreel.simulator.client_rules import RULES, check_rules, select, violation_count, violations  # noqa: PLC0415

        check_rules(rules, what="rule to expect a violation of")
        everything = select(RULES, named=["all"])
        before = violations(self.simulator.providers.values(), everything)
        yield
        found = violation_count(before, violations(self.simulator.providers.values(), everything), rules=rules)
        if not found:
            raise AssertionError(f"No request broke {' or '.join(rules) or 'a client rule'}, though it was expected.")
        self._expected.update(found)

    def violations(self, *, rules: Iterable[str] = (), allow: Iterable[str] = ()) -> "list[Violation]":
        """What the client did that it may not do, but for what was expected, in the order of time.

        Args:
            rules: `default`, `all`, or ids of rules.
            allow: ids of rules that may be broken.

        Raises:
            OptionError: there is no such rule.
        """
        from mockreel.simulator.client_rules import RULES, select, unexpected, violations  # noqa: PLC0415

        chosen = select(RULES, named=rules, allow=allow)
        return unexpected(violations(self.simulator.providers.values(), chosen), self._expected)

    def cost_avoided(self) -> CostSummary:
        """The cost of everything that has begun so far, at the provider."""
        return cost_avoided(self.simulator)

    def set_balance(self, provider: str, amount: Amount | None, *, key: str | None = None) -> None:
        """Set the reported balance to this amount from now on; None removes the limit.

        Args:
            amount: in the provider's currency, or with a unit, as a budget.
            key: the key of the account; that of the mock server's own key if None.

        Raises:
            OptionError: an unknown provider, an invalid amount, or a key that is not admitted.
        """
        simulated = self.simulator.provider(provider)
        caller = simulated.keyring.find(self.addresses[provider].key if key is None else key)
        if caller is None:
            raise OptionError(
                "key", "one that is not shown here", then=f"{simulated.contract.title} does not admit it."
            )
        amounts = {} if amount is None else {provider: amount}
        read = read_budget(amounts, {provider: simulated.contract}, what="balance")
        simulated.set_balance(caller.account, read.get(provider))
        self.simulator.events.note("balance", provider=provider, account=caller.account.name)

    @property
    def clock(self) -> Clock:
        """Where the mock server's time comes from."""
        return self.simulator.clock

    def fault(self, given: str | Mapping[str, Any]) -> Rule:
        """Damage what fits from now on: `server.fault("reset; operation=get_run; nth=2")`; gives the rule.

        Raises:
            OptionError: there is no such fault, parameter or condition.
        """
        if self.simulator.recorder is not None:
            self.simulator.recorder.changing()
        (rule,) = set_faults(self.simulator.rules, self.simulator.providers, [given])
        return rule

    def advance(self, seconds: float) -> int:
        """Move the clock, running due actions in order, webhooks included; returns how many actions ran.

        For code outside coroutines: it returns when all actions have ended.

        Raises:
            OptionError: `seconds` is negative or no number.
            MockServerClosed: the mock server has ended.
            EventLoopBlocked: it is called in a coroutine, whose event loop could not answer webhooks meanwhile.
        """
        _check_no_event_loop()
        return self.simulator.scheduler.advance_from_outside(seconds).result()

    async def advance_async(self, seconds: float) -> int:
        """The same for coroutines: the event loop keeps running, and can answer webhooks."""
        return await asyncio.wrap_future(self.simulator.scheduler.advance_from_outside(seconds))

    def public_addresses(self) -> Mapping[str, Any]:
        """Every address, without a key."""
        return {**self._about(), **{name: {"url": address.url} for name, address in self.addresses.items()}}

    def ready(self, pid: int) -> Mapping[str, Any]:
        """What the ready file holds."""
        shown = {
            name: {"url": address.url} if name == "control" else {"url": address.url, "key": address.key}
            for name, address in self.addresses.items()
        }
        return {"pid": pid, **self._about(), **shown}

    def _about(self) -> Mapping[str, Any]:
        return {"version": __version__, **({"ca": str(self.ca)} if self.ca else {})}


def _check_no_event_loop() -> None:
    """What blocks an event loop keeps it from answering the webhooks that are waited for.

    Raises:
        EventLoopBlocked: this thread runs one.
    """
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        raise EventLoopBlocked("await trio.to_thread.run_sync(server.advance, seconds)")
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return
    if task is not None:  # a loop without one is run by a library below code that is none of its coroutines
        raise EventLoopBlocked("await server.advance_async(seconds)")
