"""`mockreel drift`: what changed, and whom it breaks."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from mockreel.cli.output import echo
from mockreel.cli.report_place import location_option, reported_checkout
from mockreel.cli.shared_options import report_option
from mockreel.errors import OptionError

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
# As in mockreel.drift.finding, which `--help` does not import.
_VERDICTS = (
    "breaking for requests",
    "breaking for replies",
    "price",
    "unknown",
    "unchecked",
    "compatible",
    "docs only",
)
_FAILING = ("breaking for requests", "breaking for replies", "unknown", "unchecked")


@click.command("drift")
@click.option("--docs", type=_FOLDER, metavar="DIR", help="Newer documentation, in the form that `build` reads.")
@click.option("--with", "other", type=_FOLDER, metavar="DIR", help="Another version of the data: contracts/, schemas/.")
@click.option(
    "--pages",
    nargs=2,
    type=_FILE,
    metavar="OLDER NEWER",
    help="Two pages of one model of the --provider, or two of its lists of models.",
)
@click.option(
    "--against",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="CASSETTE",
    help="Recorded exchanges: a cassette, or a folder of them (repeatable).",
)
@click.option(
    "--self", "own", is_flag=True, help="Contradictions within one set of documentation; --docs reads its pages."
)
@click.option("--data", type=_FOLDER, metavar="DIR", help="Use this data folder instead of the packaged one.")
@click.option("--provider", "names", multiple=True, metavar="NAME", help="Only this provider (repeatable).")
@report_option("Also write a report: text, json, markdown, sarif, github or gitlab (repeatable).")
@location_option
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice([*_VERDICTS, "anything", "nothing"]),
    default=_FAILING,
    show_default=True,
    metavar="VERDICT",
    help=f"Exit with 1 if a finding has this verdict: {', '.join(_VERDICTS)}, anything or nothing (repeatable).",
)
@click.option("--allow-unknown", is_flag=True, help="Pass although a difference was neither proved nor refuted.")
@click.option("--allow-unchecked", is_flag=True, help="Pass although something could not be read.")
@click.option("--verbose", "-v", is_flag=True, help="Also show the findings that break nothing.")
def command(
    verbose: bool,
    *,
    reports: tuple[tuple[str, str], ...],
    location: str | None,
    fail_on: tuple[str, ...],
    allow_unknown: bool,
    allow_unchecked: bool,
    **options: Any,
) -> None:
    """Compare the data with newer documentation, another version, recorded exchanges, or itself.

    Exit codes: 0 nothing that --fail-on names, 1 something, 2 it could not be compared.
    """
    from mockreel.drift import drift_report as forms  # noqa: PLC0415
    from mockreel.drift.finding import HARMLESS, ordered  # noqa: PLC0415

    forms.check_reports(reports)
    checkout = reported_checkout(location, reports)
    findings = ordered(_compare(**options))
    allowed = {word for word, one in (("unknown", allow_unknown), ("unchecked", allow_unchecked)) if one}
    failed = any(
        (finding.verdict in fail_on or "anything" in fail_on) and finding.verdict not in allowed for finding in findings
    )
    every = verbose or any(one in ("anything", *HARMLESS) for one in fail_on)
    echo(forms.terminal_text(findings, every=every, compared=_compared(**options)).rstrip("\n"))
    for form, path in reports:
        forms.write(findings, form, Path(path), exit_code=int(failed), checkout=checkout)
    if failed:
        sys.exit(1)


def _compared(
    *,
    docs: Path | None,
    other: Path | None,
    pages: tuple[Path, Path] | None,
    against: tuple[Path, ...],
    own: bool,
    names: tuple[str, ...],
    **_: object,
) -> str:
    """What was compared with what, as the end of a sentence."""
    scope = f" of {', '.join(names)}" if names else ""
    if own:
        return f"the documentation{scope}{f' in {docs}' if docs else ''} with itself"
    if pages is not None:
        return f"{pages[0]} with {pages[1]}"
    if against:
        return f"the data{scope} with {', '.join(map(str, against))}"
    return f"the data{scope} with {f'the documentation in {docs}' if docs else f'the data in {other}'}"


def _compare(
    *,
    docs: Path | None,
    other: Path | None,
    pages: tuple[Path, Path] | None,
    against: tuple[Path, ...],
    own: bool,
    data: Path | None,
    names: tuple[str, ...],
) -> Iterable[Any]:
    from mockreel._data import data_root  # noqa: PLC0415
    from mockreel.drift import comparison  # noqa: PLC0415
    from mockreel.drift.contradictions import contradictions  # noqa: PLC0415

    held = data or data_root()
    selected = comparison.selected_providers(held, names)
    if own:
        return contradictions(held, selected, docs)
    if sum(what is not None for what in (docs, other, pages, against or None)) != 1:
        valid = ("--docs DIR", "--with DIR", "--pages OLDER NEWER", "--against CASSETTE", "--self")
        raise OptionError("drift", "", valid, then="Give one.")
    if against:
        from mockreel.drift.recorded.cassette_drift import cassettes_drift  # noqa: PLC0415

        return cassettes_drift(held, against, names)
    if docs is not None:
        return comparison.docs_drift(held, docs, names)
    if other is not None:
        return comparison.data_drift(held, other, names)
    if len(names) != 1 or pages is None:
        raise OptionError(
            "--provider", ", ".join(names), selected, then="Choose the provider of the pages with one --provider."
        )
    return comparison.pages_drift(held, names[0], *pages)
