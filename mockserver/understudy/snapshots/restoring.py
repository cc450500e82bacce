"""Put a snapshot back: everything is read and checked first, then it takes the place of what the stage has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from understudy.accounts import Account
from understudy.callbacks import Attempt, Delivery, Outcome
from understudy.callbacks.deliveries import AttemptDue
from understudy.contract import Failure, State
from understudy.errors import Conflict, DataError, UnderstudyError
from understudy.faults import Fault, read_fault
from understudy.jobs import Intervention, Job
from understudy.ledger import Purse
from understudy.lifecycle import Plan
from understudy.part import JobEnd, Part, Reckoning
from understudy.pricing import Cost
from understudy.rulebook import set_rule
from understudy.rules import Rule, Rules
from understudy.snapshots.codec import Reader
from understudy.snapshots.references import references
from understudy.snapshots.shape import check_shape
from understudy.snapshots.taking import FORM, other_readings
from understudy.stage import Stage
from understudy.uploads import Upload

T = TypeVar("T")
WHERE = "the snapshot"


@dataclass(slots=True)
class Past:
    """What a provider's part of a snapshot says, read."""

    row: Mapping[str, Any]
    accounts: dict[int, Account]
    listed: set[int]
    jobs: dict[str, Job]
    deliveries: dict[str, Delivery]
    damage: dict[str, Fault]
    uploads: list[Upload]
    state: Any


def restore(stage: Stage, document: Any) -> None:
    """Put a snapshot back in place of everything that has come to be; the journal begins anew.

    Call it on the stage's event loop.

    Raises:
        DataError: it is none, or not one that this version reads; the stage is as it was.
        Conflict: it was taken of a stage that plays otherwise; the stage is as it was.
    """
    check_shape(document, form=FORM)
    _check_stage(stage, document)
    pasts = {name: _read(stage.part(name), row) for name, row in document["providers"].items()}
    rules = _rules(stage, document["rules"])
    due = [_due(row, stage, pasts) for row in document["due"]]

    stage.begin_anew()
    clock = document["clock"]
    stage.clock.begin_at(clock["now"], held=clock["held"], speed=clock["speed"])
    for name, past in pasts.items():
        _fill(stage.part(name), past)
    stage.rules.put_back(rules)
    for at, action in due:
        stage.agenda.at(at, action)
    stage.feed.reset()


def _check_stage(stage: Stage, document: Mapping[str, Any]) -> None:
    """See that the stage plays as the one of which the snapshot was taken.

    Raises:
        Conflict: other providers, another seed, or other readings.
    """
    names = tuple(document["providers"])
    if set(names) != set(stage.parts):
        wanted = " ".join(f"--provider {name}" for name in names)
        raise Conflict(f"The snapshot has {', '.join(names)}; here are {', '.join(stage.parts)}. Serve with {wanted}.")
    if document["seed"] != stage.settings.seed:
        here, there = stage.settings.seed, document["seed"]
        raise Conflict(f"The snapshot has the seed {there}; here it is {here}. Serve with --seed {there}.")
    for name, row in document["providers"].items():
        readings = row["readings"]
        if readings != other_readings(stage.part(name).contract):
            chosen = " ".join(f"--reading {name}:{one}={option}" for one, option in readings.items()) or "the defaults"
            raise Conflict(f"The snapshot has other readings for {name}: {chosen}. Choose them, then restore.")


def _read(part: Part, row: Mapping[str, Any]) -> Past:
    """A provider's part of a snapshot.

    Raises:
        DataError: it names what the contract does not have.
    """
    accounts = {one["number"]: _account(one) for one in row["accounts"]}
    states: dict[tuple[str, ...], tuple[State, ...]] = {}
    jobs = {one["id"]: _job(part, one, accounts, states) for one in row["jobs"]}
    reader = Reader(
        part.player.keepsakes, references(part, jobs=jobs, accounts=accounts), where=f"{WHERE} /providers/{part.name}"
    )
    for one in row["accounts"]:  # in the order of writing, as what stands in several places is in the first of them
        accounts[one["number"]].shelf = reader.read(one["shelf"])
    for one in row["jobs"]:
        jobs[one["id"]].extra = reader.read(one["extra"])
    return Past(
        row,
        accounts,
        {one["number"] for one in row["accounts"] if one["listed"]},
        jobs,
        {one["id"]: _delivery(part, one, accounts) for one in row["deliveries"]},
        {subject: _fault(fault) for subject, fault in row["damage"].items()},
        [
            Upload(one["id"], one["mime"], one["size"], one["expires"], reader.read(one["data"]))
            for one in row["uploads"]
        ],
        _state(part, reader.read(row["state"])),
    )


def _state(part: Part, kept: Any) -> Any:
    try:
        return part.player.put_back(part, kept)
    except (KeyError, TypeError, AttributeError) as problem:
        raise DataError(f"{WHERE} /providers/{part.name}/state", f"it cannot be used ({problem})") from problem


def _upload(row: Mapping[str, Any], reader: Reader) -> Upload:
    return Upload(row["id"], row["mime"], row["size"], row["expires"], reader.read(row["data"]))


def _account(row: Mapping[str, Any]) -> Account:
    account = Account(row["number"], row["name"], _amount(row["balance"]), drawn=row["drawn"])
    purse = row["purse"]
    if purse is not None:
        added = [(at, _sum(amount)) for at, amount in purse["added"]]
        account.purse = Purse(_amount(purse["opening"]), purse["limited"], added)
    return account


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else _sum(text)


def _sum(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise DataError(WHERE, f"{text!r} is no amount", expected="a decimal number")
    return amount


def _job(
    part: Part,
    row: Mapping[str, Any],
    accounts: Mapping[int, Account],
    known: dict[tuple[str, ...], tuple[State, ...]],
) -> Job:
    """A job, but for what the provider's package keeps for it; jobs of one course share their states."""
    names = tuple(row["plan"]["states"])
    if names not in known:
        known[names] = tuple(_one_of(part.contract.lifecycle.states, name, "state") for name in names)
    plan, cost = row["plan"], row["cost"]
    if len(plan["begins"]) != len(names):
        raise DataError(f"{WHERE}, job {row['id']}", "its plan has not one moment for each state")
    return Job(
        row["id"],
        row["number"],
        _one_of(accounts, row["account"], "account"),
        None if row["model"] is None else _one_of(part.contract.models, row["model"], "model"),
        row["created"],
        Plan(known[names], tuple(plan["begins"]), _failure(part, plan["failure"]), plan["fields"]),
        row["request"].encode(),
        row["operation"],
        row["callback_url"],
        _intervention(part, row["intervention"]),
        cost=None if cost is None else Cost(_amount(cost["amount"]), cost["currency"], cost["certainty"]),
    )


def _intervention(part: Part, row: Mapping[str, Any] | None) -> Intervention | None:
    if row is None:
        return None
    states = part.contract.lifecycle.states
    return Intervention(
        row["at"],
        _one_of(states, row["state"], "state"),
        _failure(part, row["failure"]),
        row["reason"],
        tuple(_one_of(states, name, "state") for name in row["through"]),
        row["fields"],
    )


def _failure(part: Part, name: str | None) -> Failure | None:
    return None if name is None else _one_of(part.contract.failures, name, "failure")


def _delivery(part: Part, row: Mapping[str, Any], accounts: Mapping[int, Account]) -> Delivery:
    return Delivery(
        row["id"],
        row["subject"],
        row["kind"],
        _one_of(accounts, row["account"], "account"),
        row["url"],
        row["event"],
        row["body"].encode(),
        _pairs(row["headers"]),
        _one_of(part.contract.callbacks.policies, row["kind"], "kind of delivery"),
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
    except UnderstudyError as problem:
        raise DataError(WHERE, str(problem).rstrip(".")) from problem


def _rules(stage: Stage, rows: list[Mapping[str, Any]]) -> list[Rule]:
    """The rules with their numbers and what they have met; each must be playable here."""
    found = []
    for row in rows:
        given = {name: value for name, value in row.items() if name not in ("id", "seen", "turns")}
        try:
            rule = set_rule(Rules(), stage.parts, given)
        except UnderstudyError as problem:
            raise DataError(f"{WHERE} /rules", str(problem).rstrip(".")) from problem
        turns = {(provider, account): turn for provider, account, turn in row["turns"]}
        found.append(replace(rule, id=row["id"], seen=row["seen"], turns=turns))
    return found


def _due(row: Mapping[str, Any], stage: Stage, pasts: Mapping[str, Past]) -> tuple[float, Any]:
    """What must happen at a moment."""
    past, at = _one_of(pasts, row["provider"], "provider"), row["at"]
    part = stage.part(row["provider"])
    if row["what"] == "end":
        return at, JobEnd(part, _one_of(past.jobs, row["id"], "job"), at)
    if row["what"] == "reckoning":
        return at, Reckoning(part, _one_of(past.accounts, row["id"], "account"))
    delivery = _one_of(past.deliveries, row["id"], "delivery")
    if delivery.next_at is None:  # it was under way
        delivery.next_at = at
    return at, AttemptDue(part.deliveries, delivery)


def _one_of(known: Mapping[Any, T], name: Any, what: str) -> T:
    if name not in known:
        valid = ", ".join(map(str, list(known)[:20]))
        raise DataError(
            WHERE, f"{name!r} is no {what}", expected=f"one of {valid}" if valid else "none, as there is none"
        )
    return known[name]


def _fill(part: Part, past: Past) -> None:
    """Everything that was read takes its place; nothing can go wrong any more."""
    part.keyring.put_back((account, number in past.listed) for number, account in past.accounts.items())
    for job in past.jobs.values():
        part.jobs.add(job)
    held = [past.deliveries[name] for name in past.row["held"] if name in past.deliveries]
    part.deliveries.put_back(past.deliveries.values(), damage=past.damage, held=held)
    for upload in past.uploads:
        part.uploads.announce(upload)
    part.numbers.update(past.row["numbers"])
    part.ledger.opened = past.row["opened"]
    part.state = past.state
    part.base_url = part.base_url or past.row["base_url"]
