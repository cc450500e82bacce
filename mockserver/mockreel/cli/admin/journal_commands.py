"""`mockreel control journal`: requests and responses."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.admin.control_options import ControlSession, moment, pairs
from mockreel.cli.option_types import Pair
from mockreel.cli.output import echo
from mockreel.terminal import counted, harmless_json
from mockreel.whole_file import write_whole

if TYPE_CHECKING:
    from mockreel.client.admin import Exchange


# `FIELD=VALUE` options as they are given.
Fields = tuple[tuple[str, str], ...]


@click.group("journal")
def group() -> None:
    """List requests and responses, assert them, export them."""


_WHAT = (
    click.option("--provider", metavar="NAME", help="To this provider."),
    click.option("--operation", metavar="ID", help="With this operation id."),
    click.option("--method", metavar="WORD", help="With this HTTP method."),
    click.option("--path", metavar="PATH", help="With this path; * matches anything."),
    click.option("--account", metavar="NAME", help="Of this account."),
    click.option("--job", metavar="ID", help="About this job."),
    click.option("--status", type=int, metavar="CODE", help="With this HTTP status."),
    click.option("--refusal", metavar="ROW", help="With this error response, by its name."),
)


def _selection_options(command: Any) -> Any:
    """The options that select exchanges."""
    for option in reversed(_WHAT):
        command = option(command)
    return command


_HEAD = ("number", "time", "provider", "account", "method", "path", "status", "error")
_NONE = "No request matches."


def _row(one: "Exchange") -> tuple[object, ...]:
    wrong = "; ".join(f"{'/'.join(map(str, each['path']))}: {each['message']}" for each in one.violations[:3])
    problems = " ".join(part for part in (one.refusal, wrong) if part)
    return f"#{one.number}", moment(one.at), one.provider, one.account, one.method, one.path, one.status, problems


@group.command("list")
@_selection_options
@click.option("--limit", default=100, show_default=True, help="The largest number of rows.")
@click.option("--oldest", is_flag=True, help="Oldest first.")
@click.option("--bodies", is_flag=True, help="Show request and response bodies.")
@click.pass_obj
def list_entries(session: ControlSession, /, limit: int, oldest: bool, bodies: bool, **what: Any) -> None:
    """List matching requests, newest first."""
    with session.client() as control:
        page = control.journal(limit=limit, order="oldest" if oldest else "newest", bodies=bodies, **what)
    notes = [_bodies(one) for one in page] if bodies else None
    session.show_table([one.raw for one in page], _HEAD, lambda: map(_row, page), none=_NONE, notes=notes)


def _bodies(one: "Exchange") -> tuple[str, str]:
    return f"request {harmless_json(one.body)}", f"response {harmless_json(one.reply)}"


@group.command("assert")
@_selection_options
@click.option(
    "--body",
    multiple=True,
    type=Pair(),
    metavar="FIELD=VALUE",
    help="With this field in its JSON body, as a.b=1 (repeatable).",
)
@click.option(
    "--reply",
    multiple=True,
    type=Pair(),
    metavar="FIELD=VALUE",
    help="With this field in the response's JSON body (repeatable).",
)
@click.option("--times", type=int, metavar="N", help="Exactly N times.")
@click.option("--at-least", type=int, metavar="N", help="At least N times; default: 1.")
@click.option("--at-most", type=int, metavar="N", help="At most N times.")
@click.pass_obj
def assert_(session: ControlSession, /, body: Fields, reply: Fields, **options: Any) -> None:
    """Assert how many matching requests were made; exit with 1 and print the nearest ones if it fails."""
    options |= {"body": pairs(body) or None, "reply": pairs(reply) or None}
    with session.client() as control:
        verdict = control.requested(**options)
    raw = {"holds": verdict.holds, "message": verdict.message, "found": [one.raw for one in verdict.found]}
    number = len(verdict.found)
    session.show(raw, lambda: [verdict.message or f"Passed: {counted(number, 'matching request')}."])
    if not verdict:
        sys.exit(1)


@group.command("har")
@_selection_options
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write to this file.")
@click.pass_obj
def har(session: ControlSession, /, out: Path | None, **what: Any) -> None:
    """Export matching requests, and webhooks, as an HTTP archive (HAR 1.2)."""
    with session.client() as control:
        text = json.dumps(control.har(**{name: value for name, value in what.items() if value is not None}), indent=1)
    if out is None:
        click.echo(text)
    else:
        write_whole(out, text + "\n")
        echo(f"Written: {out}")
