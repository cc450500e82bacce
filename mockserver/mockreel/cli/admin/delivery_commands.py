"""`mockreel control deliveries`: list callbacks, and send them again."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mockreel.cli.admin.server_options import Asked, columns, moment, place

if TYPE_CHECKING:
    from mockreel.client.admin import Delivery


@click.group("deliveries")
def group() -> None:
    """List callbacks with their attempts, and send them again. DELIVERY is an id, or PROVIDER/ID."""


def _row(one: "Delivery") -> tuple[object, ...]:
    tries = f"{len(one.attempts)} tried"
    return f"{one.provider}/{one.id}", one.status, one.event, one.subject, tries, one.url


@group.command("list")
@click.option("--provider", metavar="NAME", help="Only of this provider.")
@click.option("--job", metavar="ID", help="Only what tells of this job or batch.")
@click.option("--status", metavar="WORD", help="Only pending, delivered or failed ones.")
@click.option("--limit", default=100, show_default=True, help="How many at most.")
@click.pass_obj
def list_deliveries(asked: Asked, /, **given: object) -> None:
    """List the newest callbacks first."""
    with asked.client() as control:
        page = control.deliveries(**given)  # type: ignore[arg-type]  # as the options have them
    asked.show([one.raw for one in page], lambda: columns(map(_row, page)) or ["There is no such delivery."])


@group.command("resend")
@click.argument("delivery")
@click.pass_obj
def resend(asked: Asked, delivery: str) -> None:
    """Deliver again, as the provider's own redelivery would."""
    with asked.client() as control:
        found = control.resend_delivery(*place(control, "delivery", delivery))
        held = control.clock().held
    asked.show(found.raw, lambda: _told(found, held=held))


def _told(one: "Delivery", *, held: bool) -> Iterator[str]:
    yield from columns([_row(one)])
    if held:
        yield "The clock is held: it goes out with `mockreel control clock advance 0`."
    elif one.next_at is not None:
        yield f"It goes out at {moment(one.next_at)}."
