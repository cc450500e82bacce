"""Whether the service is there: without a key, and always well."""

from mockreel.contract.messages.message import Response, json_response
from mockreel.simulator.request_context import RequestContext


def get_health(context: RequestContext) -> Response:
    """Alive."""
    return json_response(200, context.provider.contract.wire["health"])


def get_readiness(context: RequestContext) -> Response:
    """Ready."""
    return json_response(200, context.provider.contract.wire["readiness"])
