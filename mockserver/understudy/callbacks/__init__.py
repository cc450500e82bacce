"""Callbacks: signed, confined, tried as the contract says, and kept with every attempt."""

from understudy.callbacks.damage import Signing
from understudy.callbacks.deliveries import Attempt, Deliveries, Delivery
from understudy.callbacks.policy import describe
from understudy.callbacks.sending import HttpSender, MemorySender, Outcome, Outgoing, Sender
from understudy.callbacks.signing import sign, verify
from understudy.callbacks.targets import NotAllowed, Target, Targets

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
    "describe",
    "sign",
    "verify",
]
