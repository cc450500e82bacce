"""Deliveries: listed and inspected with every attempt, and sent again."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from mockreel.server.admin.request_reader import any_name, delivery, limit, no_body, one_of, providers
from mockreel.server.admin.route import Row
from mockreel.server.admin.views import delivery_detail, delivery_row
from mockreel.server.cooperative_loop import write_rows, yielding
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import Delivery

STATUSES = ("pending", "delivered", "failed")


async def list_deliveries(simulator: Simulator, request: Request) -> Any:
    """The newest matching deliveries first, with every attempt: at most `limit` (100 by default)."""
    most, fits = limit(request), _filter(request)
    every = [(provider, one) for provider in providers(simulator, request) for one in provider.deliveries]
    found = [pair async for pair in yielding(every) if fits(pair[1])]
    found.sort(key=lambda pair: -pair[1].created)
    return {"count": len(found), "deliveries": await write_rows(delivery_row(*one) for one in found[:most])}


def _filter(request: Request) -> Callable[[Delivery], bool]:
    """Whether a delivery is about the job (or batch), and has the status."""
    job, status = any_name(request, "job"), one_of(request, "status", STATUSES)
    return lambda one: job in (None, one.subject) and status in (None, one.status)


async def get_delivery(simulator: Simulator, request: Request) -> Any:
    """One delivery whole, with what is sent."""
    return delivery_detail(*delivery(simulator, request))


async def resend_delivery(simulator: Simulator, request: Request) -> Any:
    """Deliver again, as the provider's own redelivery would; gives what is being delivered now."""
    await no_body(request)
    provider, found = delivery(simulator, request)
    return delivery_detail(provider, provider.redeliver(found))


ROWS = (
    Row("GET", "deliveries", list_deliveries, ("limit", "provider", "job", "status")),
    Row("GET", "deliveries/{provider}/{id:path}", get_delivery),
    Row("POST", "deliveries/{provider}/{id:path}/resend", resend_delivery),
)
