"""`mockreel control deliveries`: list webhooks, and resend them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mockreel.cli.admin.control_options import ControlSession, moment, place
from mockreel.cli.output import columns, table

if TYPE_CHECKING:
    from mockreel.client.admin import Delivery


@click.group("deliveries")
def group() -> None:
    """List webhooks with their attempts, and resend them. DELIVERY is an id, or PROVIDER/ID."""


_HEAD = ("delivery", "status", "event", "job", "attempts", "created", "url")


def _row(one: "Delivery") -> tuple[object, ...]:
    tries = len(one.attempts)
    return f"{one.provider}/{one.id}", one.status, one.event, one.subject, tries, moment(one.raw["created"]), one.url


@group.command("list")
@click.option("--provider", metavar="NAME", help="Only this provider.")
@click.option("--job", metavar="ID", help="Only webhooks about this job or batch.")
@click.option("--status", metavar="WORD", help="Only pending, delivered or failed ones.")
@click.option("--limit", default=100, show_default=True, help="The largest number of rows.")
@click.pass_obj
def list_deliveries(session: ControlSession, /, **options: object) -> None:
    """List webhooks, newest first."""
    with session.client() as control:
        page = control.deliveries(**options)  # type: ignore[arg-type]  # as the options have them
    session.show_table([one.raw for one in page], _HEAD, lambda: map(_row, page), none="No delivery matches.")


@group.command("resend")
@click.argument("delivery")
@click.pass_obj
def resend(session: ControlSession, delivery: str) -> None:
    """Deliver again, as the provider's own redelivery would."""
    with session.client() as control:
        found = control.resend_delivery(*place(control, "delivery", delivery))
        held = control.clock().held
    session.show(found.raw, lambda: _lines(found, held=held))


def _lines(one: "Delivery", *, held: bool) -> Iterator[str]:
    yield from table(_HEAD, [_row(one)], most=columns())
    if held:
        yield "The clock is paused. Send it: `mockreel control clock advance 0`."
    elif one.next_at is not None:
        yield f"It will be sent at {moment(one.next_at)}."
