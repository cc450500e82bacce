"""`mockreel check`: does a server conform to a provider's contract?"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from mockreel.cli.option_types import Money, Seconds
from mockreel.cli.output import say, show_table
from mockreel.cli.report_place import location_option, reported_checkout
from mockreel.cli.shared_options import reading_option, report_option


@click.command("check")
@click.argument("target", default="mock")
@click.option(
    "--provider", "providers", multiple=True, metavar="NAME", help="Only this provider (repeatable); a URL needs one."
)
@click.option("--model", "models", multiple=True, metavar="ID", help="Only this model (repeatable).")
@click.option(
    "--check", "checks", multiple=True, metavar="ID", help="Only this check (repeatable); `generated` for Schemathesis."
)
@click.option("--quick", is_flag=True, help="Our own checks with few models, nothing generated: for every save.")
@click.option(
    "--budget",
    type=Seconds(min=1),
    metavar="SECONDS",
    help="Seconds for one provider: 60; for a URL 300, with --quick 25.",
)
@click.option("--seed", default=0, show_default=True, help="The same seed makes the same requests.")
@click.option("--only-ours", is_flag=True, help="Omit generated requests; needs no Schemathesis.")
@reading_option("Check under another reading (repeatable).")
@click.option(
    "--readings",
    "every",
    type=click.Choice(["all"]),
    help="Check the mock server under every reading, one at a time and all together.",
)
@click.option("--key", envvar="MOCKREEL_KEY", metavar="TEXT", help="A key for a URL. [env: MOCKREEL_KEY]")
@click.option(
    "--other-key",
    envvar="MOCKREEL_OTHER_KEY",
    metavar="TEXT",
    help="A key of another account. [env: MOCKREEL_OTHER_KEY]",
)
@click.option(
    "--admin-key",
    envvar="MOCKREEL_ADMIN_KEY",
    metavar="TEXT",
    help="A key of an admin of the first account. [env: MOCKREEL_ADMIN_KEY]",
)
@click.option("--full", is_flag=True, help="Send a URL everything, whatever it costs.")
@click.option(
    "--max-spend",
    type=Money(),
    default=Decimal(0),
    metavar="AMOUNT",
    help="Also send a URL requests that must be rejected, up to this price.",
)
@click.option(
    "--callback-url",
    metavar="URL",
    help="Where a URL reaches the webhook receiver, if not at this machine's 127.0.0.1.",
)
@click.option(
    "--callback-listen",
    default="127.0.0.1:0",
    show_default=True,
    metavar="HOST:PORT",
    help="Where the webhook receiver listens.",
)
@click.option(
    "--handler",
    metavar="URL",
    help="Check your own webhook handler: send it every event of --provider.",
)
@click.option(
    "--secret",
    envvar="MOCKREEL_SECRET",
    metavar="TEXT",
    help="What --handler verifies with, and what a URL signs with. [env: MOCKREEL_SECRET]",
)
@click.option(
    "--former-secret",
    "former",
    multiple=True,
    metavar="TEXT",
    help="What --handler verified with once, and must refuse now (repeatable).",
)
@click.option(
    "--operation",
    "operations",
    multiple=True,
    metavar="ID",
    help="Tell --handler of jobs that this operation began (repeatable); else of the provider's usual sort.",
)
@click.option(
    "--before",
    metavar="URL",
    help="Where --handler is told of each job, as JSON, before the first webhook about it.",
)
@report_option("Write junit, json, markdown, sarif, github, gitlab or text (repeatable).")
@location_option
@click.option(
    "--allow-unchecked",
    is_flag=True,
    help="Pass although something planned was not asked.",
)
@click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    type=click.Choice(["doubtful", "unchecked", "unknown"]),
    help="Fail on this too (repeatable); `unchecked` and `unknown` (what broke) fail unless allowed.",
)
@click.option("--verbose", "-v", is_flag=True, help="Every check and every finding, not only what falls short.")
@click.option("--list", "listed", is_flag=True, help="List our own checks, and exit.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A further data folder.",
)
def command(
    target: str, listed: bool, reports: tuple[tuple[str, str], ...], location: str | None, **given: Any
) -> None:
    """Test whether TARGET conforms to a provider's contract: `mock` (the mock server, in this process) or a base URL.

    `control` tests the control API against its OpenAPI document instead.

    A URL may belong to a server that bills: it gets reads, and requests with no key or a wrong one, unless --max-spend
    or --full is given.

    Exit code: 0 everything was asked and holds, 1 something falls short, 2 could not run, 3 not everything was asked.
    """
    from mockreel.conformance.reports import check_form, terminal_report, write  # noqa: PLC0415

    if listed:
        _list()
        return
    for form, _ in reports:
        check_form(form)
    fails, checkout = _fails(given), reported_checkout(location, reports)
    report = replace(_run(target, given, terminal_report), fail_on=fails, checkout=checkout)
    for text in terminal_report.summary(report):
        say(text)
    for form, path in reports:
        write(report, form, Path(path))
    sys.exit(report.exit_code)


def _fails(given: Mapping[str, Any]) -> frozenset[Any]:
    """What fails the run beside what falls short."""
    from mockreel.errors import OptionError  # noqa: PLC0415

    if given["allow_unchecked"] and "unchecked" in given["fail_on"]:
        then = "One of them says that what was not asked fails the run, the other that it does not."
        raise OptionError("--allow-unchecked", "together with --fail-on unchecked", then=then)
    return frozenset({"unknown", *given["fail_on"], *(() if given["allow_unchecked"] else ("unchecked",))})


def _plan(given: Mapping[str, Any], target: str) -> Any:
    from mockreel.conformance.suite import BUDGET, BUDGET_AT_A_URL, QUICK_AT_A_URL, Plan  # noqa: PLC0415

    at_a_url = QUICK_AT_A_URL if given["quick"] else BUDGET_AT_A_URL
    budget = BUDGET if target in ("mock", "control") or given["handler"] else at_a_url

    return Plan(
        providers=given["providers"],
        models=given["models"],
        checks=given["checks"],
        seed=given["seed"],
        quick=given["quick"],
        budget=given["budget"] or budget,
        generated=not given["only_ours"],
        readings=dict(given["readings"]),
        data=given["data"],
    )


def _run(target: str, given: Mapping[str, Any], terminal_report: Any) -> Any:
    from mockreel.conformance import suite  # noqa: PLC0415
    from mockreel.errors import OptionError  # noqa: PLC0415

    plan = _plan(given, target)

    def watcher(outcome: Any) -> None:
        _echo(terminal_report.told(outcome, verbose=given["verbose"]))

    def announcer(announced: Any) -> None:
        _echo(terminal_report.plan(announced))

    if given["handler"]:
        return _check_handler(plan, given, watcher)
    if target == "control":
        from mockreel.conformance.targets.control_api import check_control  # noqa: PLC0415

        return check_control(plan, watcher=watcher)
    if target == "mock":
        if given["every"]:
            from mockreel.conformance.reading_matrix import check_readings  # noqa: PLC0415

            return check_readings(plan, watcher=watcher)
        return suite.check_mock(plan, watcher=watcher, announcer=announcer)
    if given["every"]:
        raise OptionError("--readings all", target, ["mock"], then="Another server has but one way to speak.")
    from mockreel.conformance.targets.base_url import Access, check_url  # noqa: PLC0415

    access = Access(
        key=given["key"],
        other_key=given["other_key"],
        admin_key=given["admin_key"],
        secret=given["secret"],
        full=given["full"],
        max_spend=given["max_spend"],
        callback_url=given["callback_url"],
        callback_listen=given["callback_listen"],
    )
    return check_url(target, plan, access, watcher=watcher, announcer=announcer)


def _check_handler(plan: Any, given: Mapping[str, Any], watcher: Any) -> Any:
    from mockreel.conformance.handler import HandlerPlan, check_handler  # noqa: PLC0415
    from mockreel.contract import providers  # noqa: PLC0415
    from mockreel.errors import OptionError  # noqa: PLC0415

    if len(plan.providers) != 1:
        then = "A handler receives the callbacks of one provider."
        raise OptionError("--provider", ", ".join(plan.providers) or None, providers(), then=then)
    asked = HandlerPlan(
        secret=given["secret"],
        former=given["former"],
        before=given["before"],
        budget=plan.budget,
        operations=given["operations"],
        seed=plan.seed,
        data=plan.data,
    )
    return check_handler(given["handler"], plan.providers[0], asked, watcher=watcher)


def _echo(texts: list[str]) -> None:
    for text in texts:
        say(text)


def _list() -> None:
    from mockreel.conformance.check_runner import REPLIES, REPLIES_SAY  # noqa: PLC0415
    from mockreel.conformance.checks import EVERY  # noqa: PLC0415
    from mockreel.conformance.generated.generated_requests import PHASES, SAYS  # noqa: PLC0415

    rows = [(check.id, check.says) for check in EVERY]
    rows += [(REPLIES, REPLIES_SAY), *((f"generated.{phase}", SAYS[phase]) for phase in PHASES)]
    show_table(("check", "what it proves"), rows, none="")
