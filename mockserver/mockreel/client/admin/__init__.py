"""A client for the control API of a running mock server.

from mockreel.client.admin import ControlClient

with ControlClient.from_ready_file("ready.json") as control:
    control.advance(30)
    control.fail_job("runflow", run_id, code="default")
"""

from mockreel.client.admin.control_client import ControlClient
from mockreel.client.admin.control_results import Balance, Change, Clock, Delivery, Exchange, Job, Page, Rule, Verdict

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
