"""`run --strict`: its options, and the report of violations at the end."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.option_types import Pair
from mockreel.cli.report_place import location_option, reported_checkout

if TYPE_CHECKING:
    from mockreel.conformance.reports.report import Report
    from mockreel.server.mock_server import MockServer
    from mockreel.simulator.client_rules import Violation

# What a program that ended well comes to if it broke a rule, and if it sent nothing, so that no rule was looked at.
VIOLATED, NOT_CHECKED = 1, 3


def strict_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that hold a program to the client rules."""
    options = [
        click.option(
            "--strict",
            is_flag=True,
            help="Hold the program to the client rules: exit code 1 if it broke one, 3 if it sent no request.",
        ),
        click.option(
            "--rules",
            multiple=True,
            metavar="RULE",
            help="Which rules --strict looks for: default, all, or one by name (repeatable).",
        ),
        click.option("--allow", multiple=True, metavar="RULE", help="A rule that may be broken (repeatable)."),
        click.option(
            "--report",
            "reports",
            multiple=True,
            type=Pair(),
            metavar="FORM=PATH",
            help="With --strict, write junit, json, markdown, sarif, github, gitlab or text (repeatable).",
        ),
        click.option("--list-rules", is_flag=True, is_eager=True, callback=_list, help="List the rules, and stop."),
    ]
    for option in reversed([*options[:4], location_option, *options[4:]]):
        command = option(command)
    return command


def _list(context: click.Context, _: click.Parameter, enabled: bool) -> None:
    if not enabled or context.resilient_parsing:
        return
    from mockreel.cli.output import show_table  # noqa: PLC0415
    from mockreel.simulator.client_rules import RULES  # noqa: PLC0415

    rows = [(rule.id, f"{rule.summary}{'' if rule.usual else ' (only if named)'}") for rule in RULES]
    show_table(("rule", "what breaks it"), rows, none="")
    context.exit()


@dataclass
class Strictness:
    """Holds a program to the client rules; nothing, where `--strict` is not given.

    Raises:
        click.UsageError: an option would do nothing without `--strict`.
        OptionError: there is no such rule, or no such form of a report.
    """

    options: Mapping[str, Any]
    violations: "list[Violation]" = field(default_factory=list)
    report: "Report | None" = None
    forgotten: int = 0

    def __post_init__(self) -> None:
        if not self.options["strict"]:
            if useless := [option for option, value in self._needing() if value]:
                raise click.UsageError(f"{' and '.join(useless)} without --strict would do nothing: add --strict.")
            return
        from mockreel.conformance.reports import check_reports  # noqa: PLC0415
        from mockreel.simulator.client_rules import RULES, select  # noqa: PLC0415

        self._selection = select(RULES, named=self.options["rules"], allow=self.options["allow"])
        check_reports(self.options["reports"])
        self._checkout = reported_checkout(
            self.options["location"], self.options["reports"], words=self.options["words"]
        )

    def _needing(self) -> Iterator[tuple[str, Any]]:
        """The options that mean nothing without `--strict`, and what was given."""
        names = {"rules": "--rules", "allow": "--allow", "reports": "--report", "location": "--location"}
        return ((option, self.options[name]) for name, option in names.items())

    def look(self, server: "MockServer") -> None:
        """What the program has done so far, from the simulator."""
        if not self.options["strict"]:
            return
        from mockreel.conformance.reports.client_report import client_report  # noqa: PLC0415

        self.forgotten = server.journal.count - len(server.journal)
        self.violations = server.violations(rules=self.options["rules"], allow=self.options["allow"])
        providers = server.simulator.providers.values()
        self.report = client_report(
            " ".join(self.options["words"]),
            providers,
            self.violations,
            self._selection,
            command="mockreel run --strict",
            place=self._checkout.usual,
        )

    def lines(self) -> Iterator[str]:
        """The lines of the report."""
        if self.report is None:
            return
        if self.forgotten:
            yield f"The first {self.forgotten} requests are forgotten; no rule was looked at in them."
        times = len(self.violations)
        if not times:
            yield "No client rule was broken." if self.report.outcomes else "No request came, so no rule was checked."
            return
        yield f"{times} violation{'' if times == 1 else 's'} of the client rules:"
        for one in self.violations:
            yield from (f"  {line}" for line in str(one).splitlines())
        names = " ".join(f"--allow {name}" for name in dict.fromkeys(one.rule for one in self.violations))
        yield f"If this is on purpose: {names}, or `Prefer: expect-violation` with the request."

    def write(self) -> None:
        """Write the reports.

        Raises:
            OptionError: a file cannot be written.
        """
        from mockreel.conformance.reports import write  # noqa: PLC0415

        if self.report is not None:
            for form, path in self.options["reports"]:
                write(self.report, form, Path(path))

    def code(self, own: int) -> int:
        """The exit code: the program's own, or, if that is 0, what the rules come to."""
        if own or self.report is None:
            return own
        if self.violations:
            return VIOLATED
        return 0 if self.report.outcomes else NOT_CHECKED
