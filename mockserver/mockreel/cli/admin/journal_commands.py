"""`mockreel control journal`: what was asked and answered."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.admin.server_options import Asked, columns, moment, pairs
from mockreel.cli.options import Pair
from mockreel.terminal import harmless_json
from mockreel.whole_file import write_whole

if TYPE_CHECKING:
    from mockreel.client.admin import Exchange


# `FIELD=VALUE` options as they are given.
Said = tuple[tuple[str, str], ...]


@click.group("journal")
def group() -> None:
    """List what was asked and answered, assert it, export it."""


_WHAT = (
    click.option("--provider", metavar="NAME", help="Of this provider."),
    click.option("--operation", metavar="ID", help="Of this operation of the contract."),
    click.option("--method", metavar="WORD", help="With this HTTP method."),
    click.option("--path", metavar="PATH", help="With this path; * stands for anything."),
    click.option("--account", metavar="NAME", help="Of this account."),
    click.option("--job", metavar="ID", help="About this job."),
    click.option("--status", type=int, metavar="CODE", help="Answered with this HTTP status."),
    click.option("--refusal", metavar="ROW", help="Refused with this error row."),
)


def _what(command: Any) -> Any:
    """The options that say which exchanges are meant."""
    for option in reversed(_WHAT):
        command = option(command)
    return command


def _row(one: "Exchange") -> tuple[object, ...]:
    wrong = "; ".join(f"{'/'.join(map(str, each['path']))}: {each['message']}" for each in one.violations[:3])
    refused = " ".join(part for part in (one.refusal, wrong) if part)
    return f"#{one.number}", moment(one.at), one.provider, one.account, one.method, one.path, one.status, refused


@group.command("list")
@_what
@click.option("--limit", default=100, show_default=True, help="How many at most.")
@click.option("--oldest", is_flag=True, help="The oldest first.")
@click.option("--bodies", is_flag=True, help="With what was said.")
@click.pass_obj
def list_entries(asked: Asked, /, limit: int, oldest: bool, bodies: bool, **what: Any) -> None:
    """List the exchanges that fit, the newest first."""
    with asked.client() as control:
        page = control.journal(limit=limit, order="oldest" if oldest else "newest", bodies=bodies, **what)
    asked.show([one.raw for one in page], lambda: _lines(list(page), bodies=bodies))


def _lines(found: "list[Exchange]", *, bodies: bool) -> list[str]:
    lines = columns(map(_row, found)) or ["There is no such exchange."]
    if not bodies:
        return lines
    said = [[f"    > {harmless_json(one.body)}", f"    < {harmless_json(one.reply)}"] for one in found]
    return [text for line, more in zip(lines, said, strict=True) for text in (line, *more)] if found else lines


@group.command("assert")
@_what
@click.option(
    "--body", multiple=True, type=Pair(), metavar="FIELD=VALUE", help="With this in its JSON; a.b=1 (repeatable)."
)
@click.option(
    "--reply", multiple=True, type=Pair(), metavar="FIELD=VALUE", help="With this in the reply's JSON (repeatable)."
)
@click.option("--times", type=int, metavar="N", help="Exactly so often.")
@click.option("--at-least", type=int, metavar="N", help="At least so often; once unless told.")
@click.option("--at-most", type=int, metavar="N", help="At most so often.")
@click.pass_obj
def assert_(asked: Asked, /, body: Said, reply: Said, **given: Any) -> None:
    """See that the exchanges that fit are so many; ends with 1 and the nearest ones if they are not."""
    given |= {"body": pairs(body) or None, "reply": pairs(reply) or None}
    with asked.client() as control:
        verdict = control.requested(**given)
    raw = {"holds": verdict.holds, "message": verdict.message, "found": [one.raw for one in verdict.found]}
    number = len(verdict.found)
    asked.show(raw, lambda: [verdict.message or f"It holds: {number} such request{'' if number == 1 else 's'}."])
    if not verdict:
        sys.exit(1)


@group.command("har")
@_what
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there.")
@click.pass_obj
def har(asked: Asked, /, out: Path | None, **what: Any) -> None:
    """Export the exchanges that fit, and callbacks, as an HTTP archive (HAR 1.2)."""
    with asked.client() as control:
        text = json.dumps(control.har(**{name: value for name, value in what.items() if value is not None}), indent=1)
    if out is None:
        click.echo(text)
    else:
        write_whole(out, text + "\n")
        click.echo(f"Written: {out}")
