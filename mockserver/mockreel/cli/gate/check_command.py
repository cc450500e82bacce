"""`mockreel check`: does a server conform to a provider's contract?"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from mockreel.cli.option_types import Key, Money, Seconds, Secret
from mockreel.cli.output import echo, show_table
from mockreel.cli.process_start import ProcessStart
from mockreel.cli.report_place import location_option, reported_checkout
from mockreel.cli.shared_options import ca_option, reading_option, report_option


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
@click.option("--key", type=Key(), envvar="MOCKREEL_KEY", metavar="TEXT", help="A key for a URL. [env: MOCKREEL_KEY]")
@click.option(
    "--other-key",
    type=Key(),
    envvar="MOCKREEL_OTHER_KEY",
    metavar="TEXT",
    help="A key of another account. [env: MOCKREEL_OTHER_KEY]",
)
@click.option(
    "--admin-key",
    type=Key(),
    envvar="MOCKREEL_ADMIN_KEY",
    metavar="TEXT",
    help="A key of an admin of the first account. [env: MOCKREEL_ADMIN_KEY]",
)
@click.option("--full", is_flag=True, help="Send a URL everything, whatever it costs.")
@click.option(
    "--no-differential",
    is_flag=True,
    help="Do not compare the responses of a URL with those of a simulator of the contract.",
)
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
    type=Secret(),
    envvar="MOCKREEL_SECRET",
    metavar="TEXT",
    help="What --handler verifies with, and what a URL signs with. [env: MOCKREEL_SECRET]",
)
@click.option(
    "--former-secret",
    "former",
    type=Secret(),
    multiple=True,
    metavar="TEXT",
    help="What --handler verified with once, and must refuse now (repeatable).",
)
@click.option(
    "--operation",
    "operations",
    multiple=True,
    metavar="ID",
    help="Send --handler webhooks about jobs of this operation (repeatable); default: the provider's usual one.",
)
@click.option(
    "--before",
    metavar="URL",
    help="Send each job to this URL as JSON, before its first webhook.",
)
@ca_option("Also trust this CA or certificate of a URL, --handler and --before; SSL_CERT_FILE is read too.")
@report_option("Write junit, json, markdown, sarif, github, gitlab or text (repeatable).")
@location_option
@click.option(
    "--allow-unchecked",
    is_flag=True,
    help="Pass although something planned was not checked.",
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
    target: str, listed: bool, reports: tuple[tuple[str, str], ...], location: str | None, **options: Any
) -> None:
    """Test whether TARGET conforms to a provider's contract: `mock` (the mock server, in this process) or a base URL.

    `control` tests the control API against its OpenAPI document instead.

    A URL may belong to a server that bills: it gets reads, and requests with no key or a wrong one, unless --max-spend
    or --full is given.

    Exit code: 0 everything was checked and passed, 1 something failed, 2 could not run, 3 not everything was checked.
    """
    from mockreel.conformance.reports import check_reports, terminal_report, write  # noqa: PLC0415

    if listed:
        _list()
        return
    check_reports(reports)
    fails, checkout = _fails(options), reported_checkout(location, reports)
    report = replace(_run(target, options, terminal_report), fail_on=fails, checkout=checkout)
    for text in terminal_report.summary(report):
        echo(text)
    for form, path in reports:
        write(report, form, Path(path))
    sys.exit(report.exit_code)


def _fails(options: Mapping[str, Any]) -> frozenset[Any]:
    """What fails the run beside what falls short."""
    from mockreel.errors import OptionError  # noqa: PLC0415

    if options["allow_unchecked"] and "unchecked" in options["fail_on"]:
        then = "One fails the run on what was not checked, the other allows it."
        raise OptionError("--allow-unchecked", "together with --fail-on unchecked", then=then)
    return frozenset({"unknown", *options["fail_on"], *(() if options["allow_unchecked"] else ("unchecked",))})


def _plan(options: Mapping[str, Any], target: str) -> Any:
    from mockreel.conformance.suite import BUDGET, BUDGET_AT_A_URL, QUICK_AT_A_URL, Plan  # noqa: PLC0415

    at_a_url = QUICK_AT_A_URL if options["quick"] else BUDGET_AT_A_URL
    budget = BUDGET if target in ("mock", "control") or options["handler"] is not None else at_a_url

    return Plan(
        providers=options["providers"],
        models=options["models"],
        checks=options["checks"],
        seed=options["seed"],
        quick=options["quick"],
        budget=options["budget"] or budget,
        generated=not options["only_ours"],
        readings=dict(options["readings"]),
        data=options["data"],
        differential=not options["no_differential"],
    )


def _run(target: str, options: Mapping[str, Any], terminal_report: Any) -> Any:
    from mockreel.conformance import suite  # noqa: PLC0415
    from mockreel.errors import OptionError  # noqa: PLC0415

    plan = _plan(options, target)

    def watcher(outcome: Any) -> None:
        _echo(terminal_report.outcome_lines(outcome, verbose=options["verbose"]))

    def announcer(announced: Any) -> None:
        _echo(terminal_report.plan(announced))

    if options["handler"] is not None:
        return _check_handler(plan, options, watcher)
    if target == "control":
        from mockreel.conformance.targets.control_api import check_control  # noqa: PLC0415

        return check_control(plan, watcher=watcher)
    if target == "mock":
        if options["every"]:
            from mockreel.conformance.reading_matrix import check_readings  # noqa: PLC0415

            return check_readings(plan, watcher=watcher)
        return suite.check_mock(plan, watcher=watcher, announcer=announcer)
    if options["every"]:
        raise OptionError("--readings all", target, ["mock"], then="Another server follows one reading only.")
    from mockreel.conformance.targets.base_url import Access, check_url  # noqa: PLC0415

    access = Access(
        key=options["key"],
        other_key=options["other_key"],
        admin_key=options["admin_key"],
        secret=options["secret"],
        full=options["full"],
        max_spend=options["max_spend"],
        callback_url=options["callback_url"],
        callback_listen=options["callback_listen"],
        ca=options["ca"],
    )
    started = click.get_current_context().find_object(ProcessStart)
    return check_url(
        target, plan, access, watcher=watcher, announcer=announcer, began=started.moment if started else None
    )


def _check_handler(plan: Any, options: Mapping[str, Any], watcher: Any) -> Any:
    from mockreel.conformance.handler import HandlerPlan, check_handler  # noqa: PLC0415
    from mockreel.contract import providers  # noqa: PLC0415
    from mockreel.errors import OptionError  # noqa: PLC0415

    if len(plan.providers) != 1:
        then = "A handler receives the callbacks of one provider."
        raise OptionError("--provider", ", ".join(plan.providers) or None, providers(), then=then)
    handler_plan = HandlerPlan(
        secret=options["secret"],
        former=options["former"],
        before=options["before"],
        budget=plan.budget,
        operations=options["operations"],
        seed=plan.seed,
        data=plan.data,
        ca=options["ca"],
    )
    return check_handler(options["handler"], plan.providers[0], handler_plan, watcher=watcher)


def _echo(texts: list[str]) -> None:
    for text in texts:
        echo(text)


def _list() -> None:
    from mockreel.conformance.check_runner import REPLIES, REPLIES_SAY  # noqa: PLC0415
    from mockreel.conformance.checks import EVERY  # noqa: PLC0415
    from mockreel.conformance.generated.generated_requests import PHASES, SAYS  # noqa: PLC0415

    rows = [(check.id, check.says) for check in EVERY]
    rows += [(REPLIES, REPLIES_SAY), *((f"generated.{phase}", SAYS[phase]) for phase in PHASES)]
    show_table(("check", "what it proves"), rows, none="")
