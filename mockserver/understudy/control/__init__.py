"""A client for the control API of a running stand-in.

from understudy.control import ControlClient

with ControlClient.from_ready_file("ready.json") as control:
    control.advance(30)
    control.fail_job("runflow", run_id, code="default")
"""

from understudy.control.client import ControlClient
from understudy.control.results import (
    Balance,
    Change,
    Clock,
    Delivery,
    Exchange,
    Job,
    Page,
    Rule,
    Verdict,
)

__all__ = [
    "Balance",
    "Change",
    "Clock",
    "ControlClient",
    "Delivery",
    "Exchange",
    "Job",
    "Page",
    "Rule",
    "Verdict",
]
