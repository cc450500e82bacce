"""Deliveries: listed and inspected with every attempt, and sent again."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from mockreel.server.admin.request_reader import delivery, limit, no_form, one_of, parts
from mockreel.server.admin.route import Row
from mockreel.server.admin.views import delivery_detail, delivery_row
from mockreel.simulator.simulator import Stage
from mockreel.webhooks import Delivery

STATUSES = ("pending", "delivered", "failed")


async def list_deliveries(stage: Stage, request: Request) -> Any:
    """The newest deliveries first, with every attempt: at most `limit` (100 unless told), those that fit."""
    most, fits = limit(request), _filter(request)
    found = [(part, one) for part in parts(stage, request) for one in part.deliveries if fits(one)]
    found.sort(key=lambda pair: -pair[1].created)
    return {"count": len(found), "deliveries": [delivery_row(part, one) for part, one in found[:most]]}


def _filter(request: Request) -> Callable[[Delivery], bool]:
    """Whether a delivery tells of the job (or batch), and stands as asked."""
    job, status = request.query_params.get("job"), one_of(request, "status", STATUSES)
    return lambda one: job in (None, one.subject) and status in (None, one.status)


async def get_delivery(stage: Stage, request: Request) -> Any:
    """One delivery whole, with what is sent."""
    return delivery_detail(*delivery(stage, request))


async def resend_delivery(stage: Stage, request: Request) -> Any:
    """Deliver again, as the provider's own redelivery would; gives what is being delivered now."""
    no_form(request)
    part, found = delivery(stage, request)
    return delivery_detail(part, part.player.redeliver(part, found))


ROWS = (
    Row("GET", "deliveries", list_deliveries),
    Row("GET", "deliveries/{provider}/{id:path}", get_delivery),
    Row("POST", "deliveries/{provider}/{id:path}/resend", resend_delivery),
)
