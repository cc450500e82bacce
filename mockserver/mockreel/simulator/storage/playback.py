"""Applies the log of a run to a fresh simulator: the same entries give the same state, byte for byte.

Nothing is sent and nothing waits: the clock is set to each entry's moment, due actions begin at their entries, and an
attempt ends as recorded.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from decimal import Decimal
from typing import Any, NamedTuple

from mockreel.contract.messages.message import Response
from mockreel.engine.accounts.keyring import Admission
from mockreel.engine.scheduler import Entry as Due
from mockreel.errors import LogMisfit, MockreelError, StateError
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.snapshots import restore
from mockreel.simulator.snapshots.snapshot_reader import intervention
from mockreel.simulator.snapshots.snapshot_restore import read_rules
from mockreel.simulator.storage.checkpoints.checkpoint import Load, UnderWay
from mockreel.simulator.storage.due_action import is_recorded, named
from mockreel.simulator.storage.key_list import difference, listed_row
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_log import RunLog
from mockreel.simulator.storage.request_record import alias, request_of
from mockreel.webhooks import Outcome, Outgoing, Sender
from mockreel.webhooks.dispatcher import AttemptDue

# Is shown every entry with the response that it gave now, None where it is no request.
Comparison = Callable[[int, Entry, Response | None], None]


# Stands for a response that was ready at once then, and waits for its job now.
_WAITS = Response(0, b"nothing yet: the response waits for its job")
_ADMISSION = tuple(field.name for field in fields(Admission))
# Steps of the event loop until a request has come to where it waits.
_TURNS = 5


class _Moment(NamedTuple):
    """What an attempt waits for: the outcome that the log has for it."""

    message: Outgoing

    def __await__(self) -> Generator[Outgoing, Outcome, Outcome]:
        return (yield self.message)


class _Script:
    """Sends nothing; the playback sets the outcome of each attempt."""

    async def send(self, message: Outgoing) -> Outcome:
        return await _Moment(message)

    async def close(self) -> None:
        pass


class _UnderWay(NamedTuple):
    """An attempt that waits for its outcome, its action on the scheduler, and when it began."""

    attempt: Coroutine[Any, Any, None]
    due: Due
    began: float


class Playback:
    """One simulator, and the entry it has reached.

    Args:
        simulator: a fresh simulator, or a restored checkpoint; its scheduler must not be running.
        load: loads contracts with other readings, if the log switches to them.
        compare: receives every request and its response, to compare them with the recorded ones.
    """

    def __init__(self, simulator: Simulator, log: RunLog, *, load: Load, compare: Comparison | None = None) -> None:
        self._simulator = simulator
        self._log = log
        self._load = load
        self._compare = compare
        self._under_way: dict[tuple[str, str], _UnderWay] = {}
        self._waiting: dict[int, asyncio.Future[Response]] = {}
        self._early: dict[int, Response] = {}  # responses that waited then, and do not now
        self._senders: dict[str, Sender] = {}
        self.clock: tuple[float, Mapping[str, Any]] | None = None  # the last change of the clock, and its moment
        self.under_way: Iterable[UnderWay] = ()  # attempts that a checkpoint has under way
        self._appliers: Mapping[str, Callable[[int, Entry], None]] = {
            "key": self._key,
            "request": self._request,
            "due": self._due,
            "attempt": self._attempt,
            "clock": self._clock,
            "rules": self._rules,
            "readings": self._readings,
            "intervention": self._intervention,
            "redelivery": self._redelivery,
            "balance": self._balance,
            "reset": self._reset,
            "restored": self._restored,
            "resumed": self._resumed,
        }

    async def apply_all(self, entries: Iterable[tuple[int, Entry]]) -> None:
        """Apply entries in order.

        Raises:
            StateError: one does not fit the entries before it.
        """
        self._script()
        try:
            self._begin_under_way()
            for number, entry in entries:
                await self._apply(number, entry)
        finally:
            for name, sender in self._senders.items():
                self._simulator.providers[name].deliveries.send_through(lambda _, sender=sender: sender)  # type: ignore[misc]
            for provider in self._simulator.providers.values():
                provider.keyring.forget_aliases()
            await self._end_waiting()

    def _script(self) -> None:
        """From now on, send only what the log has as sent."""
        for provider in self._simulator.providers.values():
            provider.deliveries.send_through(lambda inner, name=provider.name: self._scripted(name, inner))  # type: ignore[misc]

    def _scripted(self, name: str, inner: Sender) -> Sender:
        self._senders[name] = inner
        return _Script()

    async def _apply(self, number: int, entry: Entry) -> None:
        self._simulator.clock.begin_at(entry.at, held=True, speed=self._simulator.clock.speed)
        try:
            if entry.kind == "answered":
                await self._answered(number, entry)
            else:
                self._appliers[entry.kind](number, entry)
        except StateError:
            raise
        except (MockreelError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as problem:
            raise self._misfit(number, entry, f"{type(problem).__name__}: {problem}") from problem

    def _misfit(self, number: int, entry: Entry, why: str) -> LogMisfit:
        return LogMisfit(
            f"{self._log.where}: entry {number} ({entry.kind}) does not fit the entries before it ({why}). "
            "The log is damaged, or the data is not that of the run."
        )

    # Keys and requests

    def _key(self, number: int, entry: Entry) -> None:
        row = entry.fields
        name = row["p"]
        provider = self._simulator.provider(name)
        admission = Admission(**{field: row[field] for field in _ADMISSION})
        name_of_key = alias(admission.number)
        entry_now = provider.keyring.list_entry(row["key"])
        changed = difference(row["listed"], listed_row(entry_now))
        if changed:
            raise StateError(
                f"{self._log.where} has requests of the key {row['masked']} of {name}, which was listed with "
                f"{changed}. They would be answered otherwise: list it as it was, or keep this run in another file."
            )
        if row["listed"] is not None and entry_now is None:
            found = provider.keyring.find(name_of_key)  # where its alias is listed in its place
        else:
            found = provider.keyring.readmit(admission, alias=name_of_key)
        if found is None:
            raise StateError(
                f"{self._log.where} has requests of the key {row['masked']} of {name}, which is not listed any more. "
                "List it again with --keys, or keep this run in another file."
            )

    def _request(self, number: int, entry: Entry) -> None:
        provider = self._simulator.provider(entry.fields["p"])
        answer = provider.answer(request_of(entry.fields, self._log))
        compare, then = self._compare, entry.fields.get("a")
        if not isinstance(answer, Response):
            self._waiting[number] = asyncio.ensure_future(answer)
            if compare is not None and then is not None:
                compare(number, entry, _WAITS)
        elif compare is not None and then is None:
            self._early[number] = answer
        elif compare is not None:
            compare(number, entry, answer)

    async def _answered(self, number: int, entry: Entry) -> None:
        """A request that waited for a job was answered: the job ended, or the wait did."""
        early = self._early.pop(entry.fields["of"], None)
        if early is not None and self._compare is not None:
            self._compare(number, entry, early)
            return
        task = self._waiting.pop(entry.fields["of"])
        provider = self._simulator.provider(entry.fields["p"])
        await asyncio.sleep(0)  # it begins to wait
        provider.waits.wake_first(entry.fields["job"])
        response = await task
        if self._compare is not None:
            self._compare(number, entry, response)

    async def _end_waiting(self) -> None:
        for _ in range(_TURNS if self._waiting else 0):  # what never began would leave what it is to await unawaited
            await asyncio.sleep(0)
        for task in self._waiting.values():
            task.cancel()

    # What was due

    def _due(self, number: int, entry: Entry) -> None:
        found = self._simulator.scheduler.take(is_recorded)
        expected = {name: entry.fields[name] for name in ("what", "provider", "id")}
        if found is None or named(found[2], self._simulator.providers) != expected:
            there = "nothing" if found is None else str(named(found[2], self._simulator.providers))
            raise self._misfit(number, entry, f"due is {there}, not {expected}")
        outcome = found[2]()
        if outcome is not None:
            self._begin((expected["provider"], expected["id"]), outcome, found, self._simulator.clock.now())

    def _begin_under_way(self) -> None:
        """Bring a checkpoint's attempts in progress to where they wait for their outcomes."""
        for name, id_, due, began in self.under_way:
            provider = self._simulator.provider(name)
            delivery = provider.deliveries.get(id_)
            if delivery is None:
                continue
            delivery.next_at = due
            action = AttemptDue(provider.deliveries, delivery)
            self._simulator.scheduler.at(due, action)
            entry = self._simulator.scheduler.take(lambda one, action=action: one is action)  # type: ignore[misc]
            assert entry is not None
            self._begin((name, id_), provider.deliveries.attempt(delivery, began), entry, began)

    def _begin(self, name: tuple[str, str], attempt: Any, due: Due, began: float) -> None:
        """Bring an attempt to where it waits for its outcome."""
        try:
            message = attempt.send(None)
        except StopIteration:  # it was never sent
            return
        self._under_way[name] = _UnderWay(attempt, due, began)
        self._sending(name, message)

    def _sending(self, name: tuple[str, str], message: Outgoing) -> None:
        """An attempt has come to where it is sent."""

    def _attempt(self, number: int, entry: Entry) -> None:
        row = entry.fields
        under_way = self._under_way.pop((row["p"], row["id"]), None)
        if under_way is None:  # a fault suppressed it
            return
        if self._compare is not None:
            self._compare(number, entry, None)
        try:
            under_way.attempt.send(Outcome(row["status"], row["response"], row["error"], row["detail"]))
        except StopIteration:
            return
        raise self._misfit(number, entry, "the attempt goes on")

    def delivery_body(self, entry: Entry) -> bytes | None:
        """What an attempt sends, as it is now."""
        delivery = self._simulator.provider(entry.fields["p"]).deliveries.get(entry.fields["id"])
        return None if delivery is None else delivery.body

    def _resumed(self, number: int, entry: Entry) -> None:
        self.resume()
        self._clock(number, entry)

    def resume(self) -> None:
        """Repeat the attempts in progress, as their outcomes are unknown."""
        for one in self._under_way.values():
            with contextlib.suppress(asyncio.CancelledError, StopIteration):
                one.attempt.throw(asyncio.CancelledError())
            self._simulator.scheduler.restore(one.due)
        self._under_way.clear()

    # What was done by hand

    def _clock(self, _: int, entry: Entry) -> None:
        self.clock = entry.at, entry.fields

    def _rules(self, _: int, entry: Entry) -> None:
        self._simulator.rules.restore(read_rules(self._simulator, entry.fields["rules"]))

    def _readings(self, _: int, entry: Entry) -> None:
        name = entry.fields["p"]
        self._simulator.switch_contracts({name: self._load(name, entry.fields["readings"])})

    def _intervention(self, _: int, entry: Entry) -> None:
        provider = self._simulator.provider(entry.fields["p"])
        provider.base_url = entry.fields["u"]
        changed = intervention(provider, entry.fields)
        job = provider.jobs.get(entry.fields["id"])
        if job is None or changed is None:
            raise LookupError(entry.fields["id"])
        provider.intervene(job, changed)

    def _redelivery(self, _: int, entry: Entry) -> None:
        provider = self._simulator.provider(entry.fields["p"])
        provider.base_url = entry.fields["u"]
        delivery = provider.deliveries.get(entry.fields["id"])
        if delivery is None:
            raise LookupError(entry.fields["id"])
        provider.redeliver(delivery)

    def _balance(self, _: int, entry: Entry) -> None:
        provider, amount = self._simulator.provider(entry.fields["p"]), entry.fields["amount"]
        (account,) = (one for one in provider.keyring.accounts.values() if one.number == entry.fields["account"])
        provider.set_balance(account, None if amount is None else Decimal(amount))

    def _reset(self, number: int, entry: Entry) -> None:
        self._forget()
        self._simulator.reset(at=entry.at)
        self._clock(number, entry)

    def _restored(self, _: int, entry: Entry) -> None:
        self._forget()
        restore(self._simulator, entry.fields["document"])

    def _forget(self) -> None:
        for one in self._under_way.values():
            one.attempt.close()
        self._under_way.clear()


def apply_log(playback: Playback, entries: Iterable[tuple[int, Entry]]) -> None:
    """Apply entries on a separate event loop, whatever loop runs here.

    Raises:
        StateError: one does not fit the entries before it.
    """
    run_to_end(playback.apply_all(entries))


def run_to_end(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end on a separate event loop, whatever loop runs here."""
    with ThreadPoolExecutor(1, thread_name_prefix="mockreel-playback") as thread:
        thread.submit(asyncio.run, work).result()
