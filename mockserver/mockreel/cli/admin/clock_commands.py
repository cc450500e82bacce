"""`mockreel control clock`: the time of the stage."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mockreel.cli.admin.server_options import Asked, moment

if TYPE_CHECKING:
    from mockreel.client.admin import Clock


@click.group("clock")
def group() -> None:
    """Hold, resume, speed up and advance the clock."""


def _show(asked: Asked, clock: "Clock") -> None:
    asked.show(clock.raw, lambda: _lines(clock))


def _lines(clock: "Clock") -> Iterator[str]:
    pace = "held" if clock.held else f"runs at {clock.speed:g} seconds a second"
    yield f"{moment(clock.now)}  {pace}"
    if clock.ran is not None:
        yield f"{clock.ran} action{'' if clock.ran == 1 else 's'} ran"
    if clock.due:
        yield f"{clock.due} due, the next at {moment(clock.next_due)}"


@group.command("show")
@click.pass_obj
def show(asked: Asked) -> None:
    """Show the clock."""
    with asked.client() as control:
        _show(asked, control.clock())


@group.command("hold")
@click.pass_obj
def hold(asked: Asked) -> None:
    """Let it stand still."""
    with asked.client() as control:
        _show(asked, control.hold())


@group.command("resume")
@click.pass_obj
def resume(asked: Asked) -> None:
    """Let it run on."""
    with asked.client() as control:
        _show(asked, control.resume())


@group.command("speed")
@click.argument("seconds", type=float)
@click.pass_obj
def speed(asked: Asked, seconds: float) -> None:
    """Let so many SECONDS pass in each real second."""
    with asked.client() as control:
        _show(asked, control.set_speed(seconds))


@group.command("advance")
@click.argument("seconds", type=float)
@click.pass_obj
def advance(asked: Asked, seconds: float) -> None:
    """Move it by SECONDS and run what falls due, callbacks included; ends when all of it has ended."""
    with asked.client() as control:
        _show(asked, control.advance(seconds))
