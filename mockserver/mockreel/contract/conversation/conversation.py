"""How a client speaks with a provider over the life of a job: what OpenAPI does not say (`conversation.yaml`)."""

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
    """What a callback tells: where the job's id and state stand in it, whose policy it follows, who sends it again."""

    id: str
    state: str | None
    policy: str
    redeliver: str | None
    via: str | None = None  # the operation whose response leads to `redeliver`, where the submit's does not
    history: Places | None = None  # the operation that tells of the attempts, and where it has what of them


@dataclass(frozen=True, slots=True)
class JobTalk:
    """One sort of job. Operations are ids of the OpenAPI document, places are JSON pointers (`*` is any index).

    `id` is where a poll's response repeats the id; `made` asks for the results where the poll does not show them.
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
    """How a receiver gets the secret that callbacks are signed with, and how it is made the one that signs."""

    operation: str
    body: Any
    at: str
    evidence: Evidence
    promote: str | None = None
    promotion: Any = None
    remove: str | None = None
    prefix: str | None = None  # where the secret's beginning is shown


@dataclass(frozen=True, slots=True)
class ClientRules:
    """What is expected of a client: seconds between polls, errors that may be tried again, the header that says when.

    Each is None where no row says anything of the kind.
    """

    poll: tuple[float, Evidence] | None = None
    retry: tuple[frozenset[str], Evidence] | None = None
    wait: tuple[str, Evidence] | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everything of the kind; empty where a provider's folder has no such file.

    `reads` are operations that are no GET but change nothing; `codes` are the places of an error response's code,
    `beyond` the query parameters and operations with rules that their schemas cannot say, `hidden` the fields whose
    texts are secrets, `receivers` fields with an address that webhooks are sent to, beside the callbacks. `account`
    says where a balance stands, `lists` how lists are paged, `again` which header makes a request one that is sent
    twice, `blames` where an error names what is wrong, `traced` which header comes back, `quote` what says beforehand
    what a job costs, `prices` what lists the prices of a model, `inputs` what lists the fields of its input, `identity`
    what tells whose a key is, `batch` what begins many jobs at once, `echoes` where an error repeats its status,
    `equals` places of two operations that hold the same, `counts` numbers that count the jobs of an account.
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

    def of(self, submit: str) -> JobTalk | None:
        """The sort of job that an operation begins, or None."""
        return next((talk for talk in self.jobs.values() if submit in talk.submits), None)


def conversation(file: Cursor) -> Conversation:
    """`conversation.yaml`."""
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
    )


def _talk(name: str, row: Cursor) -> JobTalk:
    told = row.maybe("webhook")
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
        _told(told) if told else None,
        evidence(row),
        promises(row),
    )


def _told(row: Cursor) -> WebhookTalk:
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
