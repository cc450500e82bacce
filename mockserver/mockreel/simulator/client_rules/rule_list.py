"""Every client rule, in the order in which they are listed."""

from mockreel.simulator.client_rules.client_rule import Rule
from mockreel.simulator.client_rules.idempotency_rules import ReusedKey, UnsafeRetry
from mockreel.simulator.client_rules.pacing_rules import IgnoredRetryAfter, PolledAfterEnd, PolledTooOften, RetriedError
from mockreel.simulator.client_rules.request_rules import (
    DuplicateKey,
    InvalidRequest,
    MissingKey,
    UnknownField,
    UnknownModel,
    UnknownQueryParameter,
)
from mockreel.simulator.client_rules.webhook_rules import AcceptedBadSignature, WebhookFailed, WebhookTimeout

RULES: tuple[type[Rule], ...] = (
    InvalidRequest,
    UnknownModel,
    UnknownField,
    UnknownQueryParameter,
    DuplicateKey,
    MissingKey,
    PolledTooOften,
    PolledAfterEnd,
    RetriedError,
    IgnoredRetryAfter,
    UnsafeRetry,
    ReusedKey,
    WebhookTimeout,
    WebhookFailed,
    AcceptedBadSignature,
)
IDS: tuple[str, ...] = tuple(rule.id for rule in RULES)
