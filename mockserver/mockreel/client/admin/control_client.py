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
from mockreel.client.admin.server_address import control_address
from mockreel.client.http.whole_text import check_whole
from mockreel.errors import OptionError


class ControlClient:
    """A client for the control API of a running mock server.

    Args:
        url: the URL of its control port, as printed by `mockreel serve`.
        token: what it requires, if it has one.
        ca: the file of its certificate authority, if it uses TLS with a self-made certificate.
        timeout: real seconds to wait for a response; `advance`, `snapshot` and `restore` have no limit, as
            they may take long.
        past: read the state at this moment: seconds since 1970, an ISO date and time, `-30` for 30 s ago, or `@57`
            behind entry 57 of the log.

    Raises (from each method):
        ControlUnreachable: nothing answers, or it is not a mock server.
        ControlError: an error response; `status` and `detail` say why.
        OptionError: a number is not finite.
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
        """A client for the mock server that wrote this file (`mockreel serve --ready-file PATH`).

        Raises:
            ControlUnreachable: the file does not exist.
            DataError: it is not a ready file.
        """
        url, ca = control_address(Path(path))
        return cls(url, token=token, ca=ca, timeout=timeout, past=past)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def look_back(self, moment: float | str) -> "ControlClient":
        """A new client that reads the state at a moment; the server must keep a log.

        Args:
            moment: seconds since 1970, an ISO date and time, `-30` for 30 seconds before now, `@57` behind entry 57 of
                the log, or `TIME@57` for the last time that it was so late up to that entry.
        """
        return self._again(past=str(moment))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def url(self) -> str:
        """The URL of the control port."""
        return self._connection.url

    # The mock server -------------------------------------------------------------------------------------------------

    def about(self) -> Row:
        """The version, the providers with their addresses, and the clock."""
        return self._connection.get("")

    def reset(self) -> Row:
        """Reset the mock server to its state at the start."""
        return self._connection.post("reset")

    def resets(self) -> tuple[Row, ...]:
        """Where the clock was put back, oldest first; the server must keep a log."""
        return tuple(self._connection.get("resets")["resets"])

    def snapshot(self) -> Row:
        """The whole state, as a document for `restore`."""
        return self._connection.get_slowly("snapshot")

    def restore(self, document: Mapping[str, Any]) -> Row:
        """Replace the whole state by a snapshot."""
        return self._connection.post("restore", document, patient=True)

    # The clock -------------------------------------------------------------------------------------------------

    def clock(self) -> Clock:
        """The state of the clock."""
        return Clock.of(self._connection.get("clock"))

    def hold(self) -> Clock:
        """Pause the clock."""
        return Clock.of(self._connection.post("clock/hold"))

    def resume(self) -> Clock:
        """Resume the clock."""
        return Clock.of(self._connection.post("clock/resume"))

    def set_speed(self, speed: float) -> Clock:
        """Set the speed of the clock in simulated seconds per real second."""
        return Clock.of(self._connection.post("clock/speed", {"speed": _finite("speed", speed)}))

    def advance(self, seconds: float) -> Clock:
        """Advance the clock, and run everything that is due, including callbacks, before returning."""
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
        """The matching jobs, newest first."""
        filters = {"provider": provider, "state": state, "account": account, "model": model, "after": after}
        row = self._connection.get("jobs", limit=limit, **filters)
        return Page(tuple(map(Job.of, row["jobs"])), row["count"], row["next"])

    def get_job(self, provider: str, id: str) -> Job:  # noqa: A002  (what providers call it)
        """One job with all its fields."""
        return Job.of(self._connection.get(_path("jobs", provider, id)))

    def complete_job(self, provider: str, id: str) -> Job:  # noqa: A002
        """Make a job succeed now."""
        return Job.of(self._connection.post(f"{_path('jobs', provider, id)}/complete"))

    def fail_job(self, provider: str, id: str, *, code: str | None = None) -> Job:  # noqa: A002
        """Make a job fail now, with a code by its key or in the provider's form."""
        return Job.of(self._connection.post(f"{_path('jobs', provider, id)}/fail", {"code": code}))

    def cancel_job(self, provider: str, id: str, *, reason: str | None = None) -> Job:  # noqa: A002
        """Cancel a job now."""
        return Job.of(self._connection.post(f"{_path('jobs', provider, id)}/cancel", {"reason": reason}))

    # Deliveries ------------------------------------------------------------------------------------------------

    def deliveries(
        self, *, provider: str | None = None, job: str | None = None, status: str | None = None, limit: int = 100
    ) -> Page[Delivery]:
        """The matching callbacks with their attempts, newest first."""
        row = self._connection.get("deliveries", provider=provider, job=job, status=status, limit=limit)
        return Page(tuple(map(Delivery.of, row["deliveries"])), row["count"])

    def get_delivery(self, provider: str, id: str) -> Delivery:  # noqa: A002
        """One callback with its headers and body."""
        return Delivery.of(self._connection.get(_path("deliveries", provider, id)))

    def resend_delivery(self, provider: str, id: str) -> Delivery:  # noqa: A002
        """Deliver a callback again, like the provider's own redelivery; returns the new delivery."""
        return Delivery.of(self._connection.post(f"{_path('deliveries', provider, id)}/resend"))

    # The journal -----------------------------------------------------------------------------------------------

    def journal(
        self, *, bodies: bool = False, order: str = "newest", limit: int = 100, after: int | None = None, **what: Any
    ) -> Page[Exchange]:
        """The exchanges that match `what`: provider, operation, method, path, account, job, status, refusal."""
        with_bodies = "true" if bodies else None
        row = self._connection.get("journal", bodies=with_bodies, order=order, limit=limit, after=after, **what)
        return Page(tuple(map(Exchange.of, row["entries"])), row["count"], row["next"])

    def get_exchange(self, number: int) -> Exchange:
        """One exchange with its bodies."""
        return Exchange.of(self._connection.get(f"journal/{number}"))

    def changes(self, *, provider: str | None = None, job: str | None = None, limit: int = 100) -> Page[Change]:
        """The states that jobs have entered, newest first."""
        row = self._connection.get("journal/changes", provider=provider, job=job, limit=limit)
        return Page(tuple(map(Change.of, row["changes"])), row["count"])

    def requested(
        self, *, times: int | None = None, at_least: int | None = None, at_most: int | None = None, **what: Any
    ) -> Verdict:
        """Whether the number of exchanges that match `what` is right, by default at least one.

        `body` and `reply` in `what` are parts of JSON bodies.
        """
        counts = {"times": times, "at_least": at_least, "at_most": at_most}
        query = {name: value for name, value in (what | counts).items() if value is not None}
        return _verdict(self._connection.post("journal/assert", query))

    def requested_in_order(self, *steps: Mapping[str, Any]) -> Verdict:
        """Whether exchanges match the steps, in this order."""
        return _verdict(self._connection.post("journal/assert", {"order": list(steps)}))

    def har(self, **what: Any) -> Row:
        """The matching exchanges and callbacks as an HTTP archive."""
        return self._connection.get("journal/har", **what)

    # Rules, balances, readings ---------------------------------------------------------------------------------

    def scenarios(self) -> Row:
        """The scenarios of each provider."""
        return self._connection.get("scenarios")

    def faults(self) -> Sequence[Row]:
        """The kinds of faults."""
        return list(self._connection.get("faults")["faults"])

    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order in which they are matched."""
        return tuple(map(Rule.of, self._connection.get("rules")["rules"]))

    def add_rule(self, **given: Any) -> Rule:
        """Add a rule: `scenario` (and `code`) or `fault`, with the conditions for a request."""
        return Rule.of(self._connection.post("rules", given))

    def remove_rule(self, id: int) -> tuple[Rule, ...]:  # noqa: A002
        """Remove a rule; returns the remaining ones."""
        return tuple(map(Rule.of, self._connection.delete(f"rules/{id}")["rules"]))

    def clear_rules(self) -> None:
        """Remove all rules."""
        self._connection.delete("rules")

    def balances(self, *, provider: str | None = None) -> tuple[Balance, ...]:
        """The balance of every account."""
        return tuple(map(Balance.of, self._connection.get("balances", provider=provider)["balances"]))

    def set_balance(self, provider: str, account: str, balance: Decimal | str | float | None) -> Balance:
        """Set the balance of an account; None makes it unlimited."""
        amount = None if balance is None else str(balance)
        return Balance.of(
            self._connection.post("balances", {"provider": provider, "account": account, "balance": amount})
        )

    def cost_avoided(self) -> Row:
        """The estimated cost avoided: `sums` by currency, and what they leave out."""
        return self._connection.get("cost")

    def readings(self) -> Row:
        """Every reading of every provider with its chosen option."""
        return self._connection.get("readings")

    def choose_reading(self, provider: str, id: str, option: str) -> Row:  # noqa: A002
        """Choose another option of a reading from now on."""
        return self._connection.post("readings", {"provider": provider, "id": id, "option": option})


def _path(noun: str, provider: str, id: str) -> str:  # noqa: A002
    check_whole("provider", provider)
    check_whole("id", id)
    return f"{noun}/{quote(provider, safe='')}/{quote(id, safe='')}"


def _verdict(row: Row) -> Verdict:
    return Verdict(row["holds"], row["message"], tuple(map(Exchange.of, row["found"])))


def _finite(name: str, value: float) -> float:
    """Check that a number is finite, as JSON requires."""
    if not math.isfinite(value):
        raise OptionError(name, value, ["a finite number"])
    return value
