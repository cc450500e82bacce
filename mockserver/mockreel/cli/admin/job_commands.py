"""`mockreel control jobs`: list, show and end jobs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mockreel.cli.admin.server_options import Asked, columns, moment, place

if TYPE_CHECKING:
    from mockreel.client.admin import Job


@click.group("jobs")
def group() -> None:
    """List, show, complete, fail and cancel jobs. JOB is an id, or PROVIDER/ID."""


def _row(job: "Job") -> tuple[object, ...]:
    return f"{job.provider}/{job.id}", job.state, job.account, job.model, moment(job.created)


@group.command("list")
@click.option("--provider", metavar="NAME", help="Only of this provider.")
@click.option("--state", metavar="WORD", help="Only in this state: our name, the provider's word, or the sort.")
@click.option("--account", metavar="NAME", help="Only of this account.")
@click.option("--model", metavar="ID", help="Only of this model.")
@click.option("--limit", default=100, show_default=True, help="How many at most.")
@click.option("--after", metavar="PROVIDER/ID", help="Those behind this one.")
@click.pass_obj
def list_jobs(asked: Asked, /, **given: object) -> None:
    """List the newest jobs first."""
    with asked.client() as control:
        page = control.jobs(**given)  # type: ignore[arg-type]  # as the options have them
    asked.show([job.raw for job in page], lambda: columns(map(_row, page)) or ["There is no such job."])
    if page.next and not asked.as_json:
        click.echo(f"More: --after {page.next}", err=True)


@group.command("show")
@click.argument("job")
@click.pass_obj
def show(asked: Asked, job: str) -> None:
    """Show a job whole: states, input, exchanges, callbacks."""
    with asked.client() as control:
        found = control.get_job(*place(control, "job", job))
    asked.show(found.raw, lambda: _detail(found))


def _detail(job: "Job") -> Iterator[str]:
    yield f"{job.provider}/{job.id}  {job.state}  {job.account}  {job.model or job.operation}"
    yield from (f"  {moment(step['at'])}  {step['state']} ({step['word']})" for step in job.passed)
    if job.why:
        yield f"  failed with {job.why['code']}: {job.why['message']}"
    if job.clip:
        yield f"  result {job.clip['url']}"
    for said in job.exchanges or ():
        yield f"  {moment(said['at'])}  #{said['number']} {said['method']} {said['path']} {said['status']}"
    for told in job.deliveries or ():
        yield f"  {moment(told['created'])}  {told['event']} to {told['url']}: {told['status']}"


@group.command("complete")
@click.argument("job")
@click.pass_obj
def complete(asked: Asked, job: str) -> None:
    """Let a job succeed now."""
    with asked.client() as control:
        _ended(asked, control.complete_job(*place(control, "job", job)))


@group.command("fail")
@click.argument("job")
@click.option("--code", metavar="CODE", help="Of what: by key, or the provider's own code.")
@click.pass_obj
def fail(asked: Asked, job: str, code: str | None) -> None:
    """Let a job fail now."""
    with asked.client() as control:
        _ended(asked, control.fail_job(*place(control, "job", job), code=code))


@group.command("cancel")
@click.argument("job")
@click.option("--reason", metavar="TEXT", help="Kept with the job.")
@click.pass_obj
def cancel(asked: Asked, job: str, reason: str | None) -> None:
    """Cancel a job now."""
    with asked.client() as control:
        _ended(asked, control.cancel_job(*place(control, "job", job), reason=reason))


def _ended(asked: Asked, job: "Job") -> None:
    asked.show(job.raw, lambda: columns([_row(job)]))
