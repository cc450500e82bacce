"""`mockreel control jobs`: list, show and end jobs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mockreel.cli.admin.control_options import ControlSession, moment, place
from mockreel.cli.output import echo

if TYPE_CHECKING:
    from mockreel.client.admin import Job


@click.group("jobs")
def group() -> None:
    """List, show, complete, fail and cancel jobs. JOB is an id, or PROVIDER/ID."""


_HEAD = ("job", "state", "account", "model", "created")


def _row(job: "Job") -> tuple[object, ...]:
    return f"{job.provider}/{job.id}", job.state, job.account, job.model, moment(job.created)


@group.command("list")
@click.option("--provider", metavar="NAME", help="Only this provider.")
@click.option("--state", metavar="WORD", help="Only jobs in this state: our name, the provider's word, or its kind.")
@click.option("--account", metavar="NAME", help="Only this account.")
@click.option("--model", metavar="ID", help="Only this model.")
@click.option("--limit", default=100, show_default=True, help="The largest number of rows.")
@click.option("--after", metavar="PROVIDER/ID", help="Only jobs after this one in the list.")
@click.pass_obj
def list_jobs(session: ControlSession, /, **options: object) -> None:
    """List jobs, newest first."""
    with session.client() as control:
        page = control.jobs(**options)  # type: ignore[arg-type]  # as the options have them
    session.show_table([job.raw for job in page], _HEAD, lambda: map(_row, page), none="No job matches.")
    if page.next and not session.as_json:
        echo(f"More: --after {page.next}", err=True)


@group.command("show")
@click.argument("job")
@click.pass_obj
def show(session: ControlSession, job: str) -> None:
    """Show one job: states, requests, webhooks."""
    with session.client() as control:
        found = control.get_job(*place(control, "job", job))
    session.show(found.raw, lambda: _detail(found))


def _detail(job: "Job") -> Iterator[str]:
    yield f"{job.provider}/{job.id}  {job.state}  {job.account}  {job.model or job.operation}"
    yield from (f"  {moment(step['at'])}  {step['state']} ({step['word']})" for step in job.passed)
    if job.why:
        yield f"  failed with {job.why['code']}: {job.why['message']}"
    if job.clip:
        yield f"  result {job.clip['url']}"
    for exchange in job.exchanges or ():
        line = f"{exchange['method']} {exchange['path']} {exchange['status']}"
        yield f"  {moment(exchange['at'])}  #{exchange['number']} {line}"
    for delivery in job.deliveries or ():
        yield f"  {moment(delivery['created'])}  {delivery['event']} to {delivery['url']}: {delivery['status']}"


@group.command("complete")
@click.argument("job")
@click.pass_obj
def complete(session: ControlSession, job: str) -> None:
    """Make a job succeed now."""
    with session.client() as control:
        _print_ended_job(session, control.complete_job(*place(control, "job", job)))


@group.command("fail")
@click.argument("job")
@click.option("--code", metavar="CODE", help="The failure: its name, or the provider's own code.")
@click.pass_obj
def fail(session: ControlSession, job: str, code: str | None) -> None:
    """Make a job fail now."""
    with session.client() as control:
        _print_ended_job(session, control.fail_job(*place(control, "job", job), code=code))


@group.command("cancel")
@click.argument("job")
@click.option("--reason", metavar="TEXT", help="Stored with the job.")
@click.pass_obj
def cancel(session: ControlSession, job: str, reason: str | None) -> None:
    """Cancel a job now."""
    with session.client() as control:
        _print_ended_job(session, control.cancel_job(*place(control, "job", job), reason=reason))


def _print_ended_job(session: ControlSession, job: "Job") -> None:
    session.show_table(job.raw, _HEAD, lambda: [_row(job)], none="")
