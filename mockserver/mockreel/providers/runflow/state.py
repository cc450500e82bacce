"""What the package keeps: on the provider what all accounts share, on an account's shelf what is its own."""

from asyncio import Future
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, NamedTuple, cast

from mockreel.contract import Contract, Model
from mockreel.contract.data.base_types import Check, Count, JsonBytes, JsonObjectBytes, Moment, is_json
from mockreel.contract.messages.message import Response
from mockreel.engine.accounts.account import Account
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import uuid4, uuid7
from mockreel.simulator.provider import Provider
from mockreel.simulator.request_context import RequestContext


@dataclass(slots=True, eq=False)
class Secret:
    """A callback secret; `plain` is shown once, and signs while the secret is current."""

    id: str
    number: Count
    label: str | None
    plain: str = field(repr=False)
    current: bool
    created: Moment
    updated: Moment
    last_used: Moment | None = None


@dataclass(slots=True, eq=False)
class Webhook:
    """An organization's webhook; no subscriptions mean every event."""

    id: str
    number: Count
    url: str
    secret: str | None = field(repr=False)
    events: tuple[str, ...]
    created: Moment
    updated: Moment
    disabled: Moment | None = None
    triggered: Moment | None = None


@dataclass(slots=True, eq=False)
class Asset:
    """An uploaded file; `confirmed` is None until the third step."""

    id: str
    name: str
    mime: str
    created: Moment
    size: Count
    folder: str | None = None
    confirmed: Moment | None = None


@dataclass(slots=True, eq=False)
class Batch:
    """Runs that began together; their result depends on all of them."""

    id: str
    number: Count
    account: Account
    model: Model
    created: Moment
    callback_url: str | None
    metadata: JsonBytes | None
    jobs: list[Job] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Workflow:
    """A ComfyUI workflow; `fields` is its JSON as it was given."""

    id: str
    number: Count
    fields: JsonObjectBytes
    created: Moment
    updated: Moment


@dataclass(slots=True, eq=False)
class Evaluation:
    """An evaluation; `request` is its JSON as received."""

    id: str
    number: Count
    request: JsonObjectBytes
    created: Moment
    feedback: tuple[bool | None, str | None] | None = None


class Extra(NamedTuple):
    """What few runs have beside their input; most have none of it."""

    client_ref: str | None = None
    metadata: JsonBytes | None = None
    batch: Batch | None = None
    feedback: tuple[bool | None, str | None] | None = None
    workflow: str | None = None


PLAIN = Extra()


def extra_of(job: Job) -> Extra:
    return job.extra or PLAIN


def _says_json(promised: tuple[bytes, Response | Future[Response]]) -> bool:
    return not isinstance(promised[1], Response) or is_json(promised[1].body)


# The request with an Idempotency-Key, and its response.
Promised = Annotated[tuple[bytes, Response | Future[Response]], Check(_says_json)]


class Shelf:
    """What the package keeps for one account."""

    org_id: str
    user_id: str
    opened: Moment
    secrets: dict[str, Secret]
    webhooks: dict[str, Webhook]
    assets: dict[str, Asset]
    workflows: dict[str, Workflow]
    evaluations: dict[str, Evaluation]
    # By the hash of an Idempotency-Key, with the request; a pending response is a future.
    replies: dict[str, Promised]
    threshold: Decimal | None
    balance_changed: Moment
    window: tuple[Count, Count]  # which window of the rate limit, and how many requests in it

    def __init__(self, provider: Provider, account: Account) -> None:
        self.org_id = uuid4(provider.draw("organization", account.number))
        self.user_id = uuid4(provider.draw("user", account.number))
        self.opened = provider.clock.now()
        self.secrets = {}
        if plain := provider.keyring.webhook_secret(account):
            number = provider.count("secret")
            id_ = uuid7(self.opened, provider.draw("secret", number))
            self.secrets[id_] = Secret(id_, number, None, plain, True, self.opened, self.opened)
        self.webhooks = {}
        self.assets = {}
        self.workflows = {}
        self.evaluations = {}
        self.replies = {}
        self.threshold = None
        self.balance_changed = self.opened
        self.window = (0, 0)


@dataclass
class State:
    """The package's state for one provider."""

    contract: Contract
    batches: dict[str, Batch] = field(default_factory=dict)
    model_ids: dict[str, str] = field(default_factory=dict)
    model_records: dict[str, dict[str, Any]] = field(default_factory=dict)  # which follow from contract and seed alone
    blanks: dict[str, dict[str, Any]] = field(default_factory=dict)
    # By account and model, what the records of its runs have in common.
    records: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def reference(self) -> bytes:
        """How a stored file is written inside an input."""
        return str(self.contract.wire["asset_reference"]).encode()

    def blank(self, schema: str) -> dict[str, Any]:
        """A record of a noun with every key that its schema names, all null."""
        found = self.blanks.get(schema)
        if found is None:
            found = self.blanks[schema] = dict.fromkeys(self.contract.schemas.document(schema)["properties"])
        return found


def state_of(provider: Provider) -> State:
    return cast(State, provider.state)


def shelf_of(provider: Provider, account: Account) -> Shelf:
    shelf = account.shelf.get(provider.name)
    if shelf is None:
        provider.touch()
        shelf = account.shelf[provider.name] = Shelf(provider, account)
    return cast(Shelf, shelf)


def own_shelf(context: RequestContext) -> Shelf:
    """The shelf of the caller's account."""
    return shelf_of(context.provider, context.account)


def model_uuid(provider: Provider, model: Model | None) -> str | None:
    """The id in a record for a model, whose name occurs in paths only."""
    if model is None:
        return None
    ids = state_of(provider).model_ids
    if model.id not in ids:
        ids[model.id] = uuid4(provider.draw("model", model.id))
    return ids[model.id]
