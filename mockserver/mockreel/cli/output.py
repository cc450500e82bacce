"""What a command prints: text that fits the terminal without breaking words, and tables with a header line.

On a terminal nothing is wider than it is, as long as no single word is. In a pipe or a file nothing is wrapped or
shortened, so that programs read whole lines. Characters that would act on the terminal are escaped in both.
"""

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TextIO

import click

from mockreel.terminal import folded, harmless, width, wrapped

_GAP = "  "
_INDENT = "    "
# Prose in a last column is wrapped there if it has this much room; else it moves to a line of its own.
_LEAST_PROSE = 24

# What is said below each row of a table.
Notes = Sequence[Sequence[str]]


def columns(stream: TextIO | None = None) -> int | None:
    """How wide a line may be; None where it may be as wide as it likes: in a pipe or a file."""
    return shutil.get_terminal_size().columns if (stream or sys.stdout).isatty() else None


def echo(text: str, *, err: bool = False) -> None:
    """Print sentences, wrapped between words on a terminal; continuation lines keep the indent of their line."""
    most = columns(sys.stderr if err else sys.stdout)
    for line in text.splitlines() or [""]:
        for piece in wrapped(harmless(line), most):
            click.echo(piece, err=err)


def complain(text: str) -> None:
    """Print what is wrong. It may repeat an option, and that a key or a URL with a login, which stay on its line."""
    from mockreel.engine.redaction.url_redaction import masked_message  # noqa: PLC0415  (most commands complain not)

    echo(masked_message(text), err=True)


def show_table(head: Sequence[str], rows: Iterable[Sequence[object]], *, none: str, notes: Notes | None = None) -> None:
    """Print rows under a header line; `none` is the sentence where there are no rows."""
    for line in table(head, rows, most=columns(), notes=notes) or [none]:
        click.echo(line)


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], *, most: int | None, notes: Notes | None = None
) -> list[str]:
    """Rows in columns under their header; empty without rows.

    Where the columns are wider than `most`, the last one is wrapped if it has room for prose; else as many columns as
    fit stay beside each other, and the others follow below each row with their names.

    Args:
        head: the titles of the columns.
        rows: the cells of each row.
        most: the width of a line; None where it may be as wide as it likes.
        notes: sentences that follow below each row, one list for each.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        return []
    titles = [title.upper() for title in head]
    widths = [max(map(width, column)) for column in zip(titles, *cells, strict=True)]
    layout = _layout(titles, cells, widths, most)
    below = notes or [()] * len(cells)
    lines = [*layout(titles)]
    for row, said in zip(cells, below, strict=True):
        lines += [*layout(row), *(piece for one in said for piece in wrapped(f"{_INDENT}{harmless(one)}", most))]
    return lines


def _layout(
    titles: Sequence[str], cells: Sequence[Sequence[str]], widths: Sequence[int], most: int | None
) -> Callable[[Sequence[str]], Iterable[str]]:
    """What makes the lines of a row."""
    if most is None or _total(widths) <= most:
        return lambda row: [_line(row, widths)]
    room = most - _total([*widths[:-1], 0])
    if room >= _LEAST_PROSE and _longest_word(cells) <= room:
        return lambda row: _hanging(row, widths, most)
    fitting = _fitting(widths, most)
    return lambda row: _stacked(row, titles, widths, fitting, most)


def _cell(value: object) -> str:
    return "-" if value is None else harmless(str(value))


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _longest_word(cells: Iterable[Sequence[str]]) -> int:
    return max((width(word) for row in cells for word in row[-1].split()), default=0)


def _fitting(widths: Sequence[int], most: int) -> int:
    """How many of the first columns fit beside each other; the first always stays."""
    return max((count for count in range(1, len(widths)) if _total(widths[:count]) <= most), default=1)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=False))
    return _GAP.join(padded).rstrip()


def _hanging(row: Sequence[str], widths: Sequence[int], most: int) -> Iterator[str]:
    """A row whose last cell is wrapped below itself."""
    before = _line(row[:-1], widths)
    start = _total([*widths[:-1], 0])
    first, *others = folded(row[-1], most, " " * start) or [""]
    yield f"{before}{' ' * (start - width(before))}{first.lstrip()}".rstrip()
    yield from others


def _stacked(
    row: Sequence[str], titles: Sequence[str], widths: Sequence[int], fitting: int, most: int
) -> Iterator[str]:
    """A row whose first cells are in columns, and whose others follow below it with their names."""
    yield _line(row[:fitting], widths)
    if row is titles:
        return
    named = [f"{title.lower()} {cell}" for title, cell in zip(titles[fitting:], row[fitting:], strict=True) if cell]
    line = ""
    for part in named:
        if line and width(_INDENT + line + _GAP + part) > most:
            yield from folded(line, most, _INDENT)
            line = ""
        line = f"{line}{_GAP}{part}" if line else part
    if line:
        yield from folded(line, most, _INDENT)
