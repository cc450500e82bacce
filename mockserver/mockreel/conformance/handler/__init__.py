"""Check a program that receives webhooks: it must accept every valid one in time, and none that is forged."""

from mockreel.conformance.handler.handler_cases import HandlerPlan
from mockreel.conformance.handler.handler_check import check_handler
from mockreel.conformance.handler.webhook_samples import Job

__all__ = ["HandlerPlan", "Job", "check_handler"]
