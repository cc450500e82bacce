"""The facts about the life of a job that OpenAPI cannot express (`conversation.yaml`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockreel.contract.conversation.promises import (
    Account,
    Paged,
    Places,
    Promises,
    account,
    paged,
    places,
    promises,
    rows,
)
from mockreel.contract.data.parser import Cursor, evidence
from mockreel.contract.rows import Evidence


@dataclass(frozen=True, slots=True)
class WebhookTalk:
    """The facts about a callback: the places of the job's id and state, its policy, and how to redeliver it."""

    id: str
    state: str | None
    policy: str
    redeliver: str | None
    via: str | None = None  # the operation whose response links to `redeliver`, if the submit's does not
    history: Places | None = None  # the operation that lists the attempts, and the places of their fields


@dataclass(frozen=True, slots=True)
class JobTalk:
    """One sort of job. Operations are ids of the OpenAPI document, places are JSON pointers (`*` is any index).

    `id` is the place of the id in a poll's response; `made` is the operation for the results if a poll lacks them.
    """

    name: str
    submits: tuple[str, ...]
    poll: str
    id: str | None
    form: str
    form_evidence: Evidence
    state: str
    made: str | None
    results: tuple[str, ...]
    forward: Evidence
    final: Evidence
    apart: Evidence
    webhook: WebhookTalk | None
    evidence: Evidence
    promises: Promises


@dataclass(frozen=True, slots=True)
class Secret:
    """How a receiver gets the signing secret of callbacks, and how it is activated."""

    operation: str
    body: Any
    at: str
    evidence: Evidence
    promote: str | None = None
    promotion: Any = None
    remove: str | None = None
    prefix: str | None = None  # the place that shows the secret's beginning
    current: str | None = None  # the place of the flag of the one that signs
    form: str | None = None  # a regular expression that every secret fits


@dataclass(frozen=True, slots=True)
class ClientRules:
    """The rules for clients: seconds between polls, errors that may be retried, and the header that says when.

    Each is None if no row has it.
    """

    poll: tuple[float, Evidence] | None = None
    retry: tuple[frozenset[str], Evidence] | None = None
    wait: tuple[str, Evidence] | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The facts of `conversation.yaml`; empty if a provider has no such file.

    `reads` are operations other than GET that change nothing; `codes` are the places of an error response's code,
    `beyond` the query parameters and operations with rules that schemas cannot express, `hidden` the fields with
    secrets, `receivers` the fields with webhook URLs other than callbacks. `account` has the place of the balance,
    `lists` how lists are paged, `again` the idempotency header, `blames` the place of an error's cause, `traced` the
    header that is echoed, `quote` the quotation of a job's cost, `prices` the list of a model's prices, `inputs` the
    list of its input fields, `identity` the owner of a key, `batch` the submit of many jobs, `echoes` the place where
    an error repeats its status, `equals` places of two operations with equal values, `counts` numbers that count the
    jobs of an account, `parts` places that a response has on request only, `entries` places with one of a few words
    in every entry of a response, `provokes` errors that a client can bring about, with how, `flags` booleans that
    compare two numbers of the same response, `uploads` the steps of an upload and what is told of it, `things` what is
    made, read, changed, listed and removed by operations that no link joins, `endings` what comes to an end by
    itself, `numbers` those of one response that belong together, `clocks` the places of what is now,
    `subscription` how an account subscribes to webhooks, and what is kept of its deliveries,
    `workflow` how a workflow of one's own is made and run, `cancelled` the places of the state in the response to a
    cancellation, after which a job is cancelled at once, `silenced` how a subscription is silenced,
    `ledger` the list whose entries make up the balance,
    `waited` where a submit that waits for its job shows the result.
    """

    jobs: Mapping[str, JobTalk] = field(default_factory=dict)
    secret: Secret | None = None
    cancel: str | None = None
    client_rules: ClientRules = ClientRules()
    reads: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    account: Account | None = None
    lists: Mapping[str, Paged] = field(default_factory=dict)
    again: Places | None = None
    blames: Places | None = None
    traced: Places | None = None
    quote: Places | None = None
    prices: Places | None = None
    identity: Places | None = None
    inputs: Places | None = None
    batch: Places | None = None
    echoes: Places | None = None
    equals: tuple[Places, ...] = ()
    counts: tuple[Places, ...] = ()
    parts: tuple[Places, ...] = ()
    entries: tuple[Places, ...] = ()
    provokes: tuple[Places, ...] = ()
    flags: tuple[Places, ...] = ()
    uploads: Mapping[str, Places] = field(default_factory=dict)
    things: Mapping[str, Places] = field(default_factory=dict)
    endings: Mapping[str, Places] = field(default_factory=dict)
    numbers: Mapping[str, Places] = field(default_factory=dict)
    clocks: Mapping[str, Places] = field(default_factory=dict)
    subscription: Places | None = None
    workflow: Places | None = None
    cancelled: Places | None = None
    silenced: Places | None = None
    ledger: Places | None = None
    waited: Places | None = None

    def of(self, submit: str) -> JobTalk | None:
        """The sort of job that an operation starts, or None."""
        return next((talk for talk in self.jobs.values() if submit in talk.submits), None)


def conversation(file: Cursor) -> Conversation:
    """Read `conversation.yaml`."""
    secret = file.maybe("secret")
    return Conversation(
        file.at("jobs").each(_talk),
        _secret(secret) if secret else None,
        _text(file, "cancel"),
        _client_rules(file.maybe("client_rules")),
        _texts(file, "reads"),
        _texts(file, "codes"),
        _texts(file, "beyond"),
        _texts(file, "hidden"),
        _texts(file, "receivers"),
        account(found) if (found := file.maybe("account")) else None,
        lists.each(paged) if (lists := file.maybe("lists")) else {},
        places(file, "again"),
        places(file, "blames"),
        places(file, "traced"),
        places(file, "quote"),
        places(file, "prices"),
        places(file, "identity"),
        places(file, "inputs"),
        places(file, "batch"),
        places(file, "echoes"),
        tuple(rows(file, "equals").values()),
        tuple(rows(file, "counts").values()),
        tuple(rows(file, "parts").values()),
        tuple(rows(file, "entries").values()),
        tuple(rows(file, "provokes").values()),
        tuple(rows(file, "flags").values()),
        rows(file, "uploads"),
        rows(file, "things"),
        rows(file, "endings"),
        rows(file, "numbers"),
        rows(file, "clocks"),
        places(file, "subscription"),
        places(file, "workflow"),
        places(file, "cancelled"),
        places(file, "silenced"),
        places(file, "ledger"),
        places(file, "waited"),
    )


def _talk(name: str, row: Cursor) -> JobTalk:
    webhook = row.maybe("webhook")
    return JobTalk(
        name,
        row.at("submits").texts(),
        row.at("poll").text(),
        _text(row, "id"),
        row.at("form").at("pattern").text(),
        evidence(row.at("form")),
        row.at("state").text(),
        _text(row, "made"),
        row.at("results").texts(),
        evidence(row.at("forward")),
        evidence(row.at("final")),
        evidence(row.at("apart")),
        _webhook(webhook) if webhook else None,
        evidence(row),
        promises(row),
    )


def _webhook(row: Cursor) -> WebhookTalk:
    return WebhookTalk(
        row.at("id").text(),
        _text(row, "state"),
        row.at("policy").text(),
        _text(row, "redeliver"),
        _text(row, "via"),
        places(row, "history"),
    )


def _secret(row: Cursor) -> Secret:
    return Secret(
        row.at("operation").text(),
        row.mapping().get("body"),
        row.at("at").text(),
        evidence(row),
        _text(row, "promote"),
        row.mapping().get("promotion"),
        _text(row, "remove"),
        _text(row, "prefix"),
        _text(row, "current"),
        _text(row, "form"),
    )


def _client_rules(row: Cursor | None) -> ClientRules:
    if row is None:
        return ClientRules()
    poll, retry, wait = (row.maybe(key) for key in ("poll", "retry", "wait"))
    return ClientRules(
        (poll.get("seconds", 0.0), evidence(poll)) if poll else None,
        (frozenset(retry.at("rows").texts()), evidence(retry)) if retry else None,
        (wait.at("header").text(), evidence(wait)) if wait else None,
    )


def _texts(row: Cursor, key: str) -> tuple[str, ...]:
    found = row.maybe(key)
    return found.texts() if found else ()


def _text(row: Cursor, key: str) -> str | None:
    found = row.maybe(key)
    return found.text() if found else None
