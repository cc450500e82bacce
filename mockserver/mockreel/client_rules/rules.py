"""Every client rule, in the order in which they are listed."""

from mockreel.client_rules.idempotency import ReusedKey, UnsafeRetry
from mockreel.client_rules.pacing import IgnoredRetryAfter, PolledAfterEnd, PolledTooOften, RetriedError
from mockreel.client_rules.requests import (
    DuplicateKey,
    InvalidRequest,
    MissingKey,
    UnknownField,
    UnknownModel,
    UnknownQueryParameter,
)
from mockreel.client_rules.rule import Rule
from mockreel.client_rules.webhooks import AcceptedBadSignature, WebhookFailed, WebhookTimeout

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
