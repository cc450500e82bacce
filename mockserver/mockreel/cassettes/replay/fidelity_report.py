"""The fidelity report: the result of a replay, as a table for the terminal, JSON, and Markdown."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from mockreel import __version__
from mockreel._data import data_root
from mockreel.cassettes.cassette import Cassette
from mockreel.cassettes.replay.replayer import Replayed, Unlike
from mockreel.contract.data.data_files import read_document

# As many places as are named of differences that have one reason.
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The results of all cassettes, as of a day; `strict` also fails on statements that do not occur."""

    replayed: tuple[Replayed, ...]
    today: date
    strict: bool = False
    root: Path | None = None

    @property
    def exit_code(self) -> int:
        """0 if every cassette holds, else 1."""
        return int(not all(one.holds and (one.tidy or not self.strict) for one in self.replayed))

    def sentence(self) -> str:
        """The whole in one line."""
        failing = sum(not one.holds for one in self.replayed)
        known = sum(len(one.unlike) - len(one.unexplained) for one in self.replayed)
        unexplained = sum(len(one.unexplained) for one in self.replayed)
        count = len(self.replayed)
        held = "all hold" if not failing else f"{failing} {'does' if failing == 1 else 'do'} not hold"
        return (
            f"{_count_text(count, 'cassette')}: {held}; {_count_text(unexplained, 'unexplained difference')} "
            f"of the mock server, {known} known."
        )

    def age(self, cassette: Cassette) -> int:
        """How many days ago an exchange was recorded, counted from the first day that its date may mean."""
        parts = [int(part) for part in cassette.recorded.split("-")]
        year, month, day = (*parts, 1, 1)[:3]
        return (self.today - date(year, month, day)).days

    def origin_text(self, cassette: Cassette) -> str:
        """The origin of a cassette: recorded live, observed by others, documented, or a client's."""
        if cassette.origin == "live":
            return "live"
        path = (self.root or data_root()) / "schemas" / cassette.provider / "sources.yaml"
        table: Mapping[str, Any] = read_document(path).get("sources", {}) if path.is_file() else {}
        kinds = {table.get(source, {}).get("kind", "unknown") for source in cassette.source}
        words = {"published": "observed", "documented": "documented", "client": "a client's"}
        return next((word for kind, word in words.items() if kind in kinds), "of an unknown source")


def _count_text(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


TABLE = ("holds", "provider", "cassette", "origin", "days", "exchanges", "webhooks")


def table_row(report: Fidelity, one: Replayed) -> tuple[object, ...]:
    """A cassette as a row of `TABLE`."""
    mark = "yes" if one.holds else "NO"
    if one.cassette is None:
        return mark, None, one.path, None, None, None, None
    cassette = one.cassette
    days = _days(report.age(cassette))
    origin = report.origin_text(cassette)
    return mark, cassette.provider, cassette.path.stem, origin, days, len(cassette.exchanges), len(cassette.callbacks)


def details(one: Replayed) -> list[str]:
    """The remarks about a cassette, the worst first."""
    lines = [f"cannot be replayed: {one.broke}"] if one.broke else []
    lines += [f"breaks the contract: {what}" for what in one.invalid]
    lines += [f"read differently by the client: {what}" for what in one.misread]
    lines += [f"no reason given: {other.place} {other.difference}" for other in one.unexplained]
    lines += [f"no longer differs: {known.place} {known.what} at {known.at or '/'} ({known.why})" for known in one.gone]
    lines += [f"exchange {number} was not requested" for number in one.unused]
    lines += [_known_group(why, list(group)) for (_, why), group in _by_reason(one)]
    lines += [f"sent differently by the client: {remark}" for remark in one.remarks]
    if one.cassette is not None and one.version != one.cassette.contract:
        lines.append(f"recorded with contract {one.cassette.contract}, this one is {one.version}")
    return lines + [f"outside the contract: {place}, {why}" for place, why in one.outside]


def _by_reason(one: Replayed) -> Iterator[tuple[tuple[str, str], Iterator[Unlike]]]:
    explained = [other for other in one.unlike if other.why is not None]
    return groupby(explained, key=lambda other: (str(other.place), other.why or ""))


def _known_group(why: str, group: list[Unlike]) -> str:
    places = [f"{other.difference.what} at {other.difference.at or '/'}" for other in group[:_NAMED]]
    more = f" and {len(group) - _NAMED} more" if len(group) > _NAMED else ""
    return f"known: {group[0].place} {', '.join(places)}{more}: {why}"


def as_json(report: Fidelity) -> str:
    """Everything that is known of each cassette."""
    document = {
        "mockreel": __version__,
        "today": report.today.isoformat(),
        "exit_code": report.exit_code,
        "says": report.sentence(),
        "cassettes": [_row(report, one) for one in report.replayed],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _row(report: Fidelity, one: Replayed) -> dict[str, Any]:
    cassette = one.cassette
    row: dict[str, Any] = {"path": str(one.path), "holds": one.holds, "tidy": one.tidy}
    if cassette is not None:
        row |= {
            "provider": cassette.provider,
            "title": cassette.title,
            "origin": cassette.origin,
            "standing": report.origin_text(cassette),
            "recorded": cassette.recorded,
            "age_days": report.age(cassette),
            "source": list(cassette.source),
            "contract": cassette.contract,
            "contract_held": one.version,
            "reading": dict(cassette.reading),
        }
    return row | {
        "broke": one.broke or None,
        "invalid": list(one.invalid),
        "misread": list(one.misread),
        "differences": [_difference(other) for other in one.unlike],
        "gone": [{"place": str(row.place), "at": row.at, "what": row.what, "why": row.why} for row in one.gone],
        "unused": list(one.unused),
        "remarks": list(one.remarks),
        "outside": [{"place": str(place), "why": why} for place, why in one.outside],
    }


def _difference(other: Unlike) -> dict[str, Any]:
    found = other.difference
    differences = {"at": found.at, "what": found.what, "recorded": found.recorded, "played": found.actual}
    return {"place": str(other.place), **differences, "why": other.why}


def markdown(report: Fidelity) -> str:
    """For a merge request: a table of the cassettes, and a section with their remarks."""
    parts = ["# mockreel replay", "", report.sentence(), "", "| provider | cassette | holds | standing | days |"]
    parts += ["| --- | --- | --- | --- | --- |", *(_table_row(report, one) for one in report.replayed)]
    for one in report.replayed:
        lines = details(one)
        if lines:
            parts += ["", f"## {one.path.stem}", "", *(f"- {_plain(line)}" for line in lines)]
    return "\n".join(parts) + "\n"


def _table_row(report: Fidelity, one: Replayed) -> str:
    held = "yes" if one.holds else "**no**"
    if one.cassette is None:
        return f"|  | {one.path.stem} | {held} |  |  |"
    cassette = one.cassette
    standing, days = report.origin_text(cassette), _days(report.age(cassette))
    return f"| {cassette.provider} | {one.path.stem} | {held} | {standing} | {days} |"


def _plain(line: str) -> str:
    return " ".join(line.split()).replace("<", "&lt;").replace("|", "\\|")


# The forms that programs read; a terminal gets a table of `TABLE`.
FORMS: Mapping[str, Callable[[Fidelity], str]] = {"json": as_json, "markdown": markdown}


def _days(age: int) -> str:
    return str(age) if age >= 0 else "in the future"
