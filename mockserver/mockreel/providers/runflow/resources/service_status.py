"""Whether the service is there: without a key, and always well."""

from mockreel.contract.messages.message import Reply, json_reply
from mockreel.simulator.context import Call


def get_health(call: Call) -> Reply:
    """Alive."""
    return json_reply(200, call.part.contract.wire["health"])


def get_readiness(call: Call) -> Reply:
    """Ready."""
    return json_reply(200, call.part.contract.wire["readiness"])
