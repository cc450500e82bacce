"""Whether the service is there: without a key, and always well."""

from understudy.call import Call
from understudy.messages import Reply, json_reply


def get_health(call: Call) -> Reply:
    """Alive."""
    return json_reply(200, call.part.contract.wire["health"])


def get_readiness(call: Call) -> Reply:
    """Ready."""
    return json_reply(200, call.part.contract.wire["readiness"])
