"""Check any server at a base URL."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from mockreel import __version__
from mockreel.conformance.check import Outcome
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.other_readings import fitting_readings
from mockreel.conformance.reports.report import Report
from mockreel.conformance.reports.report_redactor import ReportRedactor
from mockreel.conformance.spending_guard import Admission, SpendingGuard
from mockreel.conformance.suite import Announcer, Plan, Watcher, check_models, check_target
from mockreel.conformance.targets.socket_receiver import listening
from mockreel.conformance.targets.url_target import RemoteTarget, Unreachable, checked_url, is_loopback
from mockreel.contract import Contract, Operation
from mockreel.contract.exchanges.exchange import Who
from mockreel.contract.exchanges.request_builder import Requests
from mockreel.engine.redaction.url_redaction import masked_url
from mockreel.errors import OptionError
from mockreel.simulator.in_process.memory_receiver import Receiver
from mockreel.simulator.simulator import load_contracts
from mockreel.webhooks.receiver_address import check_receiver_address


@dataclass(frozen=True)
class Access:
    """What a run may do at a URL, and with which keys."""

    key: str | None = None
    other_key: str | None = None
    admin_key: str | None = None
    secret: str | None = None
    full: bool = False
    max_spend: Decimal = Decimal(0)
    callback_url: str | None = None
    callback_listen: str = "127.0.0.1:0"
    ca: Path | None = None

    @property
    def admission(self) -> Admission:
        if self.full:
            return "full"
        return "breaking" if self.max_spend > 0 else "reads"

    @property
    def words(self) -> tuple[str, ...]:
        """The options of this access, as typed; keys and secrets are in the environment."""
        found = ("--full",) if self.full else ("--max-spend", f"{self.max_spend:f}") if self.max_spend > 0 else ()
        reached = () if self.callback_url is None else ("--callback-url", masked_url(self.callback_url))
        usual = self.callback_listen == Access.callback_listen
        trusted = () if self.ca is None else ("--ca", str(self.ca))
        return (*found, *reached, *trusted, *(() if usual else ("--callback-listen", self.callback_listen)))

    @property
    def keys(self) -> Mapping[Who, str]:
        found: dict[Who, str | None] = {"own": self.key, "other": self.other_key, "admin": self.admin_key}
        return {who: key for who, key in found.items() if key}


def check_url(
    url: str,
    plan: Plan,
    access: Access,
    *,
    watcher: Watcher = lambda _: None,
    announcer: Announcer = lambda _: None,
    began: float | None = None,
) -> Report:
    """Check a base URL against one provider's contract.

    An unreachable target is a report with a `trouble`.

    Args:
        began: the moment of the monotonic clock at which the budget begins; now by default.

    Raises:
        OptionError: it or `access.callback_url` is not a URL, its provider is not given, or the CA has no certificate.
    """
    checked_url(url)
    if access.callback_url is not None:
        check_receiver_address("--callback-url", access.callback_url, example="https://name-of-your-tunnel.example/in")
    began = time.monotonic() if began is None else began
    contract = _contract(plan)
    check_models(plan, {contract.provider: contract})
    guard = SpendingGuard(contract, access.admission, access.max_spend)
    outcomes: list[Outcome] = []
    notes: list[str] = []
    with _receiver(url, access, contract) as receiver:
        target = RemoteTarget(
            url, contract, guard=guard, keys=access.keys, receiver=receiver, secret=access.secret, ca=access.ca
        )
        context: CheckContext | None = None

        def secrets() -> list[str]:
            made = context.secrets() if context is not None else ()
            return [*target.keys.secrets(), *made, *([access.secret] if access.secret else [])]

        redactor = ReportRedactor(contract, url, secrets)
        try:
            target.ends = began + plan.budget
            latency = measure_latency(target, contract)
            context = CheckContext(contract, target, plan.options, ends=target.ends)
            for outcome in check_target(
                plan,
                contract,
                target,
                notes=notes,
                admits=_admits(contract, access),
                announcer=announcer,
                latency=latency,
                context=context,
                access=access.words,
            ):
                outcomes.append(redactor.outcome(outcome))
                watcher(outcomes[-1])
            notes += fitting_readings(context, plan, outcomes)
            if target.dropped:
                notes.append(f"{target.dropped} reads were sent once more, as their connection was dropped")
        except Unreachable as problem:
            report = Report(url, __version__, plan.seed, tuple(outcomes), tuple(notes), trouble=str(problem))
            return redactor.report(report)
        finally:
            target.close()
    if access.admission == "breaking":
        notes.append(f"had everything been accepted, it would have cost {guard.shown()}")
    report = Report(url, __version__, plan.seed, tuple(outcomes), tuple(notes), time.monotonic() - began)
    return redactor.report(report)


def measure_latency(target: RemoteTarget, contract: Contract) -> float:
    """How long the target takes for a request that it must refuse, in seconds: the shorter of two.

    Raises:
        Unreachable: it does not answer.
    """
    operation = next((one for one in contract.operations if one.key), contract.operations[0])
    request = replace(Requests(contract).good(operation), who="nobody")
    times = []
    for _ in range(2):
        start = time.monotonic()
        target.send(request)
        times.append(time.monotonic() - start)
    return max(0.001, min(times))


def _contract(plan: Plan) -> Contract:
    loaded = load_contracts(plan.providers or None, readings=plan.readings, data=plan.data)
    if len(loaded) != 1:
        raise OptionError(
            "--provider", ", ".join(plan.providers) or None, loaded, then="A URL claims to be one of them."
        )
    return next(iter(loaded.values()))


def _admits(contract: Contract, access: Access) -> "_Admits":
    return _Admits(contract, access)


@dataclass(frozen=True)
class _Admits:
    """Which operations generated requests may go to: reads only, unless everything is allowed."""

    contract: Contract
    access: Access

    def __call__(self, operation: Operation) -> bool:
        reads = operation.method == "GET" or operation.id in self.contract.conversation.reads
        return self.access.full or (reads and (bool(self.access.key) or not operation.key))


@contextmanager
def _receiver(url: str, access: Access, contract: Contract) -> Iterator[Receiver | None]:
    """A receiver if jobs are allowed and the target can reach it; else None."""
    from httpx2 import URL  # noqa: PLC0415

    reachable = access.callback_url is not None or is_loopback(URL(url).host)
    if not (access.full and contract.callbacks.events and reachable):
        yield None
        return
    host, _, port = access.callback_listen.rpartition(":")
    if not host or not port.isdecimal():
        raise OptionError("--callback-listen", access.callback_listen, ["127.0.0.1:0", "0.0.0.0:9000"])
    with listening(public_url=access.callback_url, host=host, port=int(port)) as receiver:
        slow = [policy.timeout / 3 for policy in contract.callbacks.policies.values()]
        receiver.slow = min(slow, default=receiver.slow)
        yield receiver
