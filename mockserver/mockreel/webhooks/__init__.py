"""Callbacks: signing, egress policy, retries, and the record of every attempt."""

from mockreel.webhooks.authorities import check_authority
from mockreel.webhooks.delivery import Attempt, Delivery
from mockreel.webhooks.dispatcher import Deliveries
from mockreel.webhooks.egress_policy import NotAllowed, Target, Targets
from mockreel.webhooks.fault_effects import Signing
from mockreel.webhooks.retry_policy import describe
from mockreel.webhooks.secrets import WebhookSecret, webhook_secrets
from mockreel.webhooks.signature import sign, verify
from mockreel.webhooks.transport import HttpSender, MemorySender, Outcome, Outgoing, Sender

__all__ = [
    "Attempt",
    "Deliveries",
    "Delivery",
    "HttpSender",
    "MemorySender",
    "NotAllowed",
    "Outcome",
    "Outgoing",
    "Sender",
    "Signing",
    "Target",
    "Targets",
    "WebhookSecret",
    "check_authority",
    "describe",
    "sign",
    "verify",
    "webhook_secrets",
]
