"""Runflow's timestamps, in the style that the contract defines."""

from datetime import UTC, datetime

from mockreel.engine.clock import utc


def format_timestamp(moment: float | None, style: str) -> str | None:
    """A moment in a style: `isoformat`, `milliseconds` or `zulu`; None stays None."""
    if moment is None:
        return None
    if style == "milliseconds":
        return utc(moment).isoformat(timespec="milliseconds")
    text = utc(moment).isoformat()
    return text.removesuffix("+00:00") + "Z" if style == "zulu" else text


def parse_timestamp(text: str) -> float:
    """The moment that a text means; without an offset it is in UTC.

    Raises:
        ValueError: it is no moment.
    """
    found = datetime.fromisoformat(text)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).timestamp()
    except OverflowError as problem:
        raise ValueError(f"{text!r} is outside the calendar") from problem


def means(text: str, moment: float, style: str) -> bool:
    """Whether a text means a moment as it was written in a style."""
    try:
        return parse_timestamp(text) == parse_timestamp(str(format_timestamp(moment, style)))
    except ValueError:
        return False


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
