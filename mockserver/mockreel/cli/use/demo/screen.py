"""How the demo is shown: a live table on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mockreel.cli.use.demo.performance import Progress

Changed = Callable[[Progress], None]


@contextmanager
def progress_screen(console: Console, progresses: Sequence[Progress]) -> Iterator[Changed]:
    """Show the acts until the block ends; call what is yielded whenever one has changed."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Live(_table(progresses), console=console, refresh_per_second=10, get_renderable=lambda: _table(progresses)):
        yield lambda _progress: None


class _Lines:
    """One line for each event."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: set[tuple[str, str]] = set()

    def __call__(self, progress: Progress) -> None:
        for line in _events(progress):
            if (progress.act.page, line) not in self._shown:
                self._shown.add((progress.act.page, line))
                self._console.print(f"{progress.title}: {line}", soft_wrap=True, highlight=False, markup=False)


def _events(progress: Progress) -> Iterator[str]:
    for word, at in progress.states:
        yield f"{word} after {at:.1f} s"
    if progress.clip is not None:
        yield f"saved {progress.clip} ({_size(progress)})"
    for number, arrival in enumerate(progress.attempts):
        gap = f", {progress.gaps[number - 1]:.2f} s after the previous one" if number else ""
        yield f"webhook attempt {number + 1} answered {arrival.answered}{gap}"
    if progress.signed:
        yield "the webhook's signature is good"
    if progress.problem:
        yield f"FAILED: {progress.problem}"


def _table(progresses: Sequence[Progress]) -> Table:
    """Each job in a few lines: names and states are long, terminals are narrow."""
    table = Table.grid(padding=(0, 2))
    for progress in progresses:
        table.add_row(_job(progress), _clip(progress))
    return table


def _job(progress: Progress) -> Text:
    lines = [Text.assemble((progress.provider, "bold"), f" {progress.job}"), _states(progress), _callback(progress)]
    return Text("\n  ").join(line for line in lines if line)


def _states(progress: Progress) -> Text:
    text = Text(" → ").join(
        Text(f"{word} {at:.1f} s", style="bold" if (word, at) == progress.states[-1] else "dim")
        for word, at in progress.states
    )
    if progress.problem:
        text.append(f"\n  {progress.problem}", style="red")
    return text


def _callback(progress: Progress) -> Text:
    text = Text("webhook " if progress.attempts else "")
    for number, arrival in enumerate(progress.attempts):
        text.append(f", {progress.gaps[number - 1]:.2f} s later " if number else "")
        text.append(f"{arrival.answered}", style="green" if arrival.answered == 200 else "yellow")
    if progress.signed:
        text.append(", signature good", style="green")
    return text


def _clip(progress: Progress) -> Text:
    return Text(_size(progress) if progress.clip else "", style="dim")


def _size(progress: Progress) -> str:
    """The size of the clip: a file manager shows the same."""
    return f"{progress.size / 1000:.0f} KB"
