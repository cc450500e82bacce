"""Read a provider's part of a snapshot into values of ours; nothing on the simulator is changed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import GenericAlias
from typing import Any, TypeVar

from mockreel.contract import Failure, State
from mockreel.contract.data.base_types import is_json_object
from mockreel.contract.pricing import Cost, read_amount
from mockreel.engine.accounts.account import Account
from mockreel.engine.artifacts.uploads import Upload
from mockreel.engine.billing import RunningBalance
from mockreel.engine.faults import Fault, read_fault
from mockreel.engine.jobs.job import Intervention, Job, MemoryJobs
from mockreel.engine.jobs.lifecycle import Plan
from mockreel.engine.jobs.shared_requests import SharedRequests
from mockreel.errors import DataError, MockreelError
from mockreel.simulator.provider import Provider
from mockreel.simulator.snapshots.named_references import references
from mockreel.simulator.snapshots.value_codec import Reader
from mockreel.webhooks import Attempt, Delivery, Outcome

T = TypeVar("T")
WHERE = "the snapshot"


@dataclass(slots=True)
class ProviderSnapshot:
    """A provider's part of a snapshot, read."""

    row: Mapping[str, Any]
    accounts: dict[int, Account]
    listed: set[int]
    jobs: dict[str, Job]
    store: MemoryJobs  # the same jobs, as the provider will have them
    deliveries: dict[str, Delivery]
    damage: dict[str, Fault]
    uploads: list[Upload]
    state: Any


# Jobs, and what each provider's package keeps for some of them, not yet read.
JobsRead = tuple[dict[str, Job], Iterable[tuple[Job, Any]]]
ReadJobs = Callable[[Provider, Any, Mapping[int, Account]], JobsRead]


def read_job_rows(provider: Provider, rows: Iterable[Mapping[str, Any]], accounts: Mapping[int, Account]) -> JobsRead:
    """The jobs of rows, each of which is read once; jobs whose requests or costs are equal share them."""
    states: dict[tuple[str, ...], tuple[State, ...]] = {}
    costs: dict[Cost, Cost] = {}
    requests = SharedRequests()
    jobs: dict[str, Job] = {}
    extras: list[tuple[Job, Any]] = []
    for one in rows:
        if one["id"] in jobs:
            raise _named_twice("jobs", "id")
        job = jobs[one["id"]] = _job(provider, one, accounts, states)
        job.request = requests.of(job.request)
        if job.cost is not None:
            job.cost = costs.setdefault(job.cost, job.cost)
        extras.append((job, one["extra"]))
    return jobs, extras


def read_part(provider: Provider, row: Mapping[str, Any], *, read_jobs: ReadJobs = read_job_rows) -> ProviderSnapshot:
    """A provider's part of a snapshot.

    Args:
        read_jobs: reads the jobs, where they are written in another way.

    Raises:
        DataError: it names what the contract does not have.
    """
    kept = provider.adapter.stored_types
    _check_unique(row)
    accounts = {one["number"]: _account(one) for one in row["accounts"]}
    jobs, extras = read_jobs(provider, row["jobs"], accounts)
    reader = Reader(
        provider.adapter.keepsakes,
        references(provider, jobs=jobs, accounts=accounts),
        where=f"{WHERE} /providers/{provider.name}",
    )
    for one in row["accounts"]:  # in the order of writing, as shared objects are written at their first use
        accounts[one["number"]].shelf = _shelf(provider, reader, one)
    for job, extra in extras:
        job.extra = reader.checked(extra, kept.job, place=f"what is stored of job {job.id}")
    return ProviderSnapshot(
        row,
        accounts,
        {one["number"] for one in row["accounts"] if one["listed"]},
        jobs,
        MemoryJobs(jobs),
        {one["id"]: _delivery(provider, one, accounts) for one in row["deliveries"]},
        {subject: _fault(fault) for subject, fault in row["damage"].items()},
        [Upload(one["id"], one["mime"], one["size"], one["expires"], _data(reader, one)) for one in row["uploads"]],
        _state(provider, reader.checked(row["state"], kept.state, place="state")),
    )


def _state(provider: Provider, kept: Any) -> Any:
    try:
        return provider.adapter.restore(provider, kept)
    except (KeyError, TypeError, AttributeError) as problem:
        raise DataError(f"{WHERE} /providers/{provider.name}/state", f"it cannot be used ({problem})") from problem


def _check_unique(row: Mapping[str, Any]) -> None:
    """See that no two of a sort have one name."""
    for sort, name in (("accounts", "number"), ("accounts", "name"), ("deliveries", "id")):
        _check_names(sort, name, row[sort])


def _check_names(sort: str, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    found = [one[name] for one in rows]
    if len(set(found)) < len(found):
        raise _named_twice(sort, name)


def _named_twice(sort: str, name: str) -> DataError:
    return DataError(f"{WHERE} /{sort}", f"two of them have the same {name}", expected=f"a {name} for each")


def _shelf(provider: Provider, reader: Reader, row: Mapping[str, Any]) -> dict[str, Any]:
    """What the provider's package keeps for an account: nothing, or its one shelf."""
    place = f"the shelf of {row['name']}"
    hint = GenericAlias(dict, (str, provider.adapter.stored_types.shelf))
    found: dict[str, Any] = reader.checked(row["shelf"], hint, place=place)
    if not found.keys() <= {provider.name}:
        raise DataError(WHERE, f"{place} is of {', '.join(found)!r}", expected=provider.name)
    return found


def _data(reader: Reader, row: Mapping[str, Any]) -> bytes | None:
    data: bytes | None = reader.checked(row["data"], bytes | None, place=f"the data of upload {row['id']}")
    return data


def _account(row: Mapping[str, Any]) -> Account:
    account = Account(row["number"], row["name"], _amount(row["balance"]), drawn=row["drawn"])
    running = row["running_balance"]
    if running is not None:
        added = [(at, _sum(amount)) for at, amount in running["added"]]
        account.running = RunningBalance(_amount(running["opening"]), running["limited"], added)
    return account


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else _sum(text)


def _sum(text: str) -> Decimal:
    amount = read_amount(text)
    if amount is None:
        raise DataError(WHERE, f"{text!r} is not an amount", expected="a decimal number")
    return amount


def _job(
    provider: Provider,
    row: Mapping[str, Any],
    accounts: Mapping[int, Account],
    known: dict[tuple[str, ...], tuple[State, ...]],
) -> Job:
    """A job, but for what the provider's package keeps for it; jobs of one course share their states."""
    names = tuple(row["plan"]["states"])
    if names not in known:
        known[names] = tuple(one_of(provider.contract.lifecycle.states, name, "state") for name in names)
    plan, cost = row["plan"], row["cost"]
    where, begins, request = f"{WHERE}, job {row['id']}", plan["begins"], row["request"].encode()
    if len(begins) != len(names):
        raise DataError(where, "its plan has not one moment for each state")
    if begins[0] or list(begins) != sorted(begins):
        raise DataError(where, "its plan does not go forwards", expected="moments in order, from 0")
    if request and not is_json_object(request):
        raise DataError(where, f"its request is {row['request'][:100]!r}", expected="a JSON object, or nothing")
    return Job(
        row["id"],
        row["number"],
        one_of(accounts, row["account"], "account"),
        None if row["model"] is None else one_of(provider.contract.models, row["model"], "model"),
        row["created"],
        Plan(known[names], tuple(begins), _failure(provider, plan["failure"]), plan["fields"]),
        request,
        one_of(_operations(provider), row["operation"], "operation"),
        row["callback_url"],
        intervention(provider, row["intervention"]),
        cost=None if cost is None else Cost(_amount(cost["amount"]), cost["currency"], cost["certainty"]),
    )


def _operations(provider: Provider) -> Mapping[str, str]:
    contract = provider.contract
    return contract.once("snapshots.operations", lambda: {one.id: one.id for one in contract.operations})


def intervention(provider: Provider, row: Mapping[str, Any] | None) -> Intervention | None:
    if row is None:
        return None
    states = provider.contract.lifecycle.states
    return Intervention(
        row["at"],
        one_of(states, row["state"], "state"),
        _failure(provider, row["failure"]),
        row["reason"],
        tuple(one_of(states, name, "state") for name in row["through"]),
        row["fields"],
    )


def _failure(provider: Provider, name: str | None) -> Failure | None:
    return None if name is None else one_of(provider.contract.failures, name, "failure")


def _delivery(provider: Provider, row: Mapping[str, Any], accounts: Mapping[int, Account]) -> Delivery:
    if not is_json_object(row["body"].encode()):
        raise DataError(
            f"{WHERE}, delivery {row['id']}", f"its body is {row['body'][:100]!r}", expected="a JSON object"
        )
    return Delivery(
        row["id"],
        row["subject"],
        row["kind"],
        one_of(accounts, row["account"], "account"),
        row["url"],
        row["event"],
        row["body"].encode(),
        _pairs(row["headers"]),
        one_of(provider.contract.callbacks.policies, row["kind"], "kind of delivery"),
        row["created"],
        automatic=row["automatic"],
        secret_id=row["secret_id"],
        owner=row["owner"],
        status=row["status"],
        reason=row["reason"],
        next_at=row["next_at"],
        completed=row["completed"],
        attempts=[_attempt(attempt) for attempt in row["attempts"]],
        fault=None if row["fault"] is None else _fault(row["fault"]),
    )


def _attempt(row: Mapping[str, Any]) -> Attempt:
    headers = None if row["headers"] is None else _pairs(row["headers"])
    return Attempt(**{**row, "outcome": Outcome(**row["outcome"]), "headers": headers})


def _pairs(rows: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in rows)


def _fault(row: Mapping[str, Any]) -> Fault:
    try:
        return read_fault(row)
    except MockreelError as problem:
        raise DataError(WHERE, str(problem).rstrip(".")) from problem


def one_of(known: Mapping[Any, T], name: Any, what: str) -> T:
    if name not in known:
        valid = ", ".join(map(str, list(known)[:20]))
        article = "an" if what[0] in "aeiou" else "a"
        raise DataError(
            WHERE,
            f"{name!r} is not {article} {what}",
            expected=f"one of {valid}" if valid else "none, as there is none",
        )
    return known[name]
