"""The client: one method for each operation of the control API."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from mockreel.client.admin.control_request import DEFAULT_URL, ControlConnection
from mockreel.client.admin.control_results import (
    Balance,
    Change,
    Clock,
    Delivery,
    Exchange,
    Job,
    Page,
    Row,
    Rule,
    Verdict,
)
from mockreel.client.admin.server_address import control_door
from mockreel.errors import OptionError


class ControlClient:
    """Speaks to the control API of a mock server that is being served.

    Args:
        url: where its control port is, as `mockreel serve` prints it.
        token: what it requires, if it has one.
        ca: the file of the authority that vouches for it, where it is served over TLS with a certificate of its own.
        timeout: real seconds to wait for an answer; an advance has no bound, as callbacks are delivered in it.
        past: read everything as it was at this moment: seconds since 1970, an ISO date and time, or `-30` for 30 s ago.

    Raises (from each method):
        ControlUnreachable: nothing answers there, or something else than a mock server.
        ControlError: it said no; `status` and `detail` say why.
        OptionError: a number is none.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        token: str | None = None,
        ca: Path | str | None = None,
        timeout: float = 30.0,
        past: str | None = None,
    ) -> None:
        self._connection = ControlConnection(url, token=token, ca=ca, timeout=timeout, past=past)
        self._again = partial(ControlClient, url, token=token, ca=ca, timeout=timeout)

    @classmethod
    def from_ready_file(
        cls, path: Path | str, *, token: str | None = None, timeout: float = 30.0, past: str | None = None
    ) -> Self:
        """A client for the mock server that has written this file (`mockreel serve --ready-file PATH`).

        Raises:
            ControlUnreachable: there is no such file.
            DataError: it is no ready file.
        """
        url, ca = control_door(Path(path))
        return cls(url, token=token, ca=ca, timeout=timeout, past=past)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def look_back(self, moment: float | str) -> "ControlClient":
        """A client of its own that reads everything as it was at a moment; the server must keep a log.

        Args:
            moment: seconds since 1970, an ISO date and time, or `-30` for 30 seconds before now.
        """
        return self._again(past=str(moment))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def url(self) -> str:
        """Where the control port is."""
        return self._connection.url

    # The mock server -------------------------------------------------------------------------------------------------

    def about(self) -> Row:
        """The version, the providers with their addresses, and the clock."""
        return self._connection.get("")

    def reset(self) -> Row:
        """A clean stage, as at the start."""
        return self._connection.post("reset")

    def snapshot(self) -> Row:
        """Everything that has come to be, as a document that `restore` takes."""
        return self._connection.get("snapshot")

    def restore(self, document: Mapping[str, Any]) -> Row:
        """Put a snapshot back in place of everything that has come to be."""
        return self._connection.post("restore", document)

    # The clock -------------------------------------------------------------------------------------------------

    def clock(self) -> Clock:
        """The clock as it is."""
        return Clock.of(self._connection.get("clock"))

    def hold(self) -> Clock:
        """Stand still from now on."""
        return Clock.of(self._connection.post("clock/hold"))

    def resume(self) -> Clock:
        """Run on."""
        return Clock.of(self._connection.post("clock/resume"))

    def set_speed(self, speed: float) -> Clock:
        """Run at so many stage seconds per real second."""
        return Clock.of(self._connection.post("clock/speed", {"speed": _finite("speed", speed)}))

    def advance(self, seconds: float) -> Clock:
        """Move the clock and run what falls due, callbacks included; returns when it is settled."""
        return Clock.of(self._connection.post("clock/advance", {"seconds": _finite("seconds", seconds)}, patient=True))

    # Jobs ------------------------------------------------------------------------------------------------------

    def jobs(
        self,
        *,
        provider: str | None = None,
        state: str | None = None,
        account: str | None = None,
        model: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Job]:
        """The newest jobs first, those that fit."""
        asked = {"provider": provider, "state": state, "account": account, "model": model, "after": after}
        row = self._connection.get("jobs", limit=limit, **asked)
        return Page(tuple(map(Job.of, row["jobs"])), row["count"], row["next"])

    def get_job(self, provider: str, id: str) -> Job:  # noqa: A002  (what providers call it)
        """One job whole."""
        return Job.of(self._connection.get(_path("jobs", provider, id)))

    def complete_job(self, provider: str, id: str) -> Job:  # noqa: A002
        """Let a job succeed now."""
        return Job.of(self._connection.post(f"{_path('jobs', provider, id)}/complete"))

    def fail_job(self, provider: str, id: str, *, code: str | None = None) -> Job:  # noqa: A002
        """Let a job fail now, with a code by key or as the provider writes it."""
        return Job.of(self._connection.post(f"{_path('jobs', provider, id)}/fail", {"code": code}))

    def cancel_job(self, provider: str, id: str, *, reason: str | None = None) -> Job:  # noqa: A002
        """Cancel a job now."""
        return Job.of(self._connection.post(f"{_path('jobs', provider, id)}/cancel", {"reason": reason}))

    # Deliveries ------------------------------------------------------------------------------------------------

    def deliveries(
        self, *, provider: str | None = None, job: str | None = None, status: str | None = None, limit: int = 100
    ) -> Page[Delivery]:
        """The newest callbacks first, with every attempt."""
        row = self._connection.get("deliveries", provider=provider, job=job, status=status, limit=limit)
        return Page(tuple(map(Delivery.of, row["deliveries"])), row["count"])

    def get_delivery(self, provider: str, id: str) -> Delivery:  # noqa: A002
        """One callback whole, with what is sent."""
        return Delivery.of(self._connection.get(_path("deliveries", provider, id)))

    def resend_delivery(self, provider: str, id: str) -> Delivery:  # noqa: A002
        """Deliver again, as the provider's own redelivery would; gives what is being delivered."""
        return Delivery.of(self._connection.post(f"{_path('deliveries', provider, id)}/resend"))

    # The journal -----------------------------------------------------------------------------------------------

    def journal(
        self, *, bodies: bool = False, order: str = "newest", limit: int = 100, after: int | None = None, **what: Any
    ) -> Page[Exchange]:
        """The exchanges that fit `what`: provider, operation, method, path, account, job, status, refusal."""
        said = "true" if bodies else None
        row = self._connection.get("journal", bodies=said, order=order, limit=limit, after=after, **what)
        return Page(tuple(map(Exchange.of, row["entries"])), row["count"], row["next"])

    def get_exchange(self, number: int) -> Exchange:
        """One exchange, with what was said."""
        return Exchange.of(self._connection.get(f"journal/{number}"))

    def changes(self, *, provider: str | None = None, job: str | None = None, limit: int = 100) -> Page[Change]:
        """The states that jobs have entered, the newest first."""
        row = self._connection.get("journal/changes", provider=provider, job=job, limit=limit)
        return Page(tuple(map(Change.of, row["changes"])), row["count"])

    def requested(
        self, *, times: int | None = None, at_least: int | None = None, at_most: int | None = None, **what: Any
    ) -> Verdict:
        """Whether so many exchanges fit `what`, at least one unless told; `body` and `reply` are parts of JSON."""
        counts = {"times": times, "at_least": at_least, "at_most": at_most}
        given = {name: value for name, value in (what | counts).items() if value is not None}
        return _verdict(self._connection.post("journal/assert", given))

    def requested_in_order(self, *steps: Mapping[str, Any]) -> Verdict:
        """Whether an exchange fits each step, each after the one before."""
        return _verdict(self._connection.post("journal/assert", {"order": list(steps)}))

    def har(self, **what: Any) -> Row:
        """The exchanges that fit, and callbacks, as an HTTP archive."""
        return self._connection.get("journal/har", **what)

    # Rules, balances, readings ---------------------------------------------------------------------------------

    def scenarios(self) -> Row:
        """What each provider can play."""
        return self._connection.get("scenarios")

    def faults(self) -> Sequence[Row]:
        """What can be damaged, and how."""
        return list(self._connection.get("faults")["faults"])

    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order in which they are asked."""
        return tuple(map(Rule.of, self._connection.get("rules")["rules"]))

    def add_rule(self, **given: Any) -> Rule:
        """One more rule: `scenario` (and `code`) or `fault`, with what a request must be to meet it."""
        return Rule.of(self._connection.post("rules", given))

    def remove_rule(self, id: int) -> tuple[Rule, ...]:  # noqa: A002
        """One rule less; gives those that are left."""
        return tuple(map(Rule.of, self._connection.delete(f"rules/{id}")["rules"]))

    def clear_rules(self) -> None:
        """No rules any more."""
        self._connection.delete("rules")

    def balances(self, *, provider: str | None = None) -> tuple[Balance, ...]:
        """Every account, and how it stands."""
        return tuple(map(Balance.of, self._connection.get("balances", provider=provider)["balances"]))

    def set_balance(self, provider: str, account: str, balance: Decimal | str | float | None) -> Balance:
        """What an account has from now on; None takes its limit away."""
        amount = None if balance is None else str(balance)
        return Balance.of(
            self._connection.post("balances", {"provider": provider, "account": account, "balance": amount})
        )

    def cost_avoided(self) -> Row:
        """What the jobs so far would have cost: `sums` by currency, and what is not in them."""
        return self._connection.get("cost")

    def readings(self) -> Row:
        """Every reading of every provider, and which option is chosen."""
        return self._connection.get("readings")

    def choose_reading(self, provider: str, id: str, option: str) -> Row:  # noqa: A002
        """Read the docs otherwise from now on."""
        return self._connection.post("readings", {"provider": provider, "id": id, "option": option})


def _path(noun: str, provider: str, id: str) -> str:  # noqa: A002
    return f"{noun}/{quote(provider, safe='')}/{quote(id, safe='')}"


def _verdict(row: Row) -> Verdict:
    return Verdict(row["holds"], row["message"], tuple(map(Exchange.of, row["found"])))


def _finite(name: str, value: float) -> float:
    """JSON has no word for what is no number."""
    if not math.isfinite(value):
        raise OptionError(name, value, ["a finite number"])
    return value
