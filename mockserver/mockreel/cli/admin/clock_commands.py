"""`mockreel control clock`: the time of the simulator."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mockreel.cli.admin.control_options import ControlSession, moment
from mockreel.terminal import counted

if TYPE_CHECKING:
    from mockreel.client.admin import Clock


@click.group("clock")
def group() -> None:
    """Pause, resume, speed up and advance the clock."""


def _show(session: ControlSession, clock: "Clock") -> None:
    session.show(clock.raw, lambda: _lines(clock))


def _lines(clock: "Clock") -> Iterator[str]:
    pace = "paused" if clock.held else f"running at {clock.speed:g} seconds per second"
    yield f"{moment(clock.now)}  {pace}"
    if clock.ran is not None:
        yield f"{counted(clock.ran, 'action')} ran"
    if clock.due:
        yield f"{clock.due} due, the next at {moment(clock.next_due)}"


@group.command("show")
@click.pass_obj
def show(session: ControlSession) -> None:
    """Show the clock."""
    with session.client() as control:
        _show(session, control.clock())


@group.command("hold")
@click.pass_obj
def hold(session: ControlSession) -> None:
    """Pause the clock."""
    with session.client() as control:
        _show(session, control.hold())


@group.command("resume")
@click.pass_obj
def resume(session: ControlSession) -> None:
    """Resume the clock."""
    with session.client() as control:
        _show(session, control.resume())


@group.command("speed")
@click.argument("seconds", type=float)
@click.pass_obj
def speed(session: ControlSession, seconds: float) -> None:
    """Set how many SECONDS pass in each real second."""
    with session.client() as control:
        _show(session, control.set_speed(seconds))


@group.command("advance")
@click.argument("seconds", type=float)
@click.pass_obj
def advance(session: ControlSession, seconds: float) -> None:
    """Advance the clock by SECONDS and run what is due, webhooks included."""
    with session.client() as control:
        _show(session, control.advance(seconds))
