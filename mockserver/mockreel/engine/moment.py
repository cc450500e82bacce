"""The moments of a run: how they are named, and where its clock was put back."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from mockreel.errors import OptionError

# How a moment may be written.
FORMS = (
    "seconds since 1970",
    "2026-11-29T12:00:00Z",
    "-30 (seconds before now)",
    "@57 (behind entry 57 of the log)",
    "TIME@57 (the last time that it was TIME up to entry 57)",
)
_NOT_LATER = "It must not be later than the clock."


class Moment(NamedTuple):
    """A moment of a run: seconds since 1970, or the newest entry of the log, or both.

    With both it is the last time that it was so late before a newer entry came. `typed` is how it was written.
    """

    at: float | None
    entry: int | None = None
    typed: str = ""

    def __str__(self) -> str:
        at = "" if self.at is None else repr(self.at)
        return at if self.entry is None else f"{at}@{self.entry}"

    @property
    def shown(self) -> str:
        """How a message names it: as it was written."""
        return self.typed or str(self)


class Stretch(NamedTuple):
    """A part of a run in which the clock only goes forward.

    It has the entries from `first` to `last`, and the moments from `begun` to `ended`. `by` is what ended it: a
    "reset", or a "restore" of a snapshot; it is empty for the newest one.
    """

    first: int
    last: int
    begun: float
    ended: float
    by: str = ""


def read_moment(text: str, *, now: float) -> Moment:
    """A moment as it may be written.

    Raises:
        OptionError: it is none.
    """
    time, at_sign, number = text.partition("@")
    if at_sign and not (number.isascii() and number.isdecimal() and len(number) < 16):
        raise _no_moment(text)
    entry = int(number) if at_sign else None
    if at_sign and not time:
        return Moment(None, entry, text)
    at = _seconds(time)
    if at is None or (at_sign and time.startswith("-")):
        raise _no_moment(text)
    return Moment(now + at if time.startswith("-") else at, entry, text)


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            return None
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    return seconds if math.isfinite(seconds) else None


def _no_moment(text: str, then: str = _NOT_LATER) -> OptionError:
    return OptionError("moment", text, FORMS, then=then)


def stretch_of(moment: Moment, stretches: Sequence[Stretch]) -> Stretch:
    """The part of the run that a moment is in: the last one where it was that moment several times.

    Raises:
        OptionError: it has not come yet, or there is no such entry.
    """
    if moment.entry is not None:
        return _of_entry(moment, moment.entry, stretches)
    at = moment.at or 0.0
    if at > max(one.ended for one in stretches):
        raise _no_moment(moment.shown)
    there = [one for one in stretches if one.begun <= at <= one.ended]
    # Else a restored snapshot has skipped it, or it was before the run.
    return [*stretches[:1], *(one for one in stretches if one.begun <= at), *there][-1]


def _of_entry(moment: Moment, entry: int, stretches: Sequence[Stretch]) -> Stretch:
    found = next((one for one in stretches if one.first <= entry <= one.last), None)
    if found is None:
        raise OptionError("entry", f"@{entry}", then=f"The log has the entries @1 to @{stretches[-1].last}.")
    if moment.at is not None and not found.begun <= moment.at <= found.ended:
        raise not_then(moment, found.begun, found.ended)
    return found


def not_then(moment: Moment, begun: float, ended: float) -> OptionError:
    """The error of a moment that it never was up to its entry: the clock went from `begun` to `ended` there."""
    then = f"Up to entry {moment.entry} the clock went from {_moment_text(begun)} to {_moment_text(ended)}."
    return OptionError("moment", moment.shown, then=then)


def _moment_text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
