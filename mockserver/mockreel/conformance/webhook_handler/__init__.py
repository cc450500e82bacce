"""Check a program that receives webhooks: it must accept every valid one in time, and none that is forged."""

from mockreel.conformance.webhook_handler.suite import HandlerPlan, check_handler
from mockreel.conformance.webhook_handler.webhooks import Job

__all__ = ["HandlerPlan", "Job", "check_handler"]
