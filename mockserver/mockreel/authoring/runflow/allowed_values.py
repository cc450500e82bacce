"""Lists of allowed values, also where the description follows without a space (`4s, 6s, 8sThe length`)."""

import re

from mockreel.authoring.documented_model import PageError

_ANY = "Any"
# An empty cell: a hyphen, an en dash or an em dash.
DASHES = ("", "-", "\u2013", "\u2014")
# A description begins with a capitalized word, then a space or the end of a sentence.
_WORD = re.compile(r"(?P<upper>[A-Z]+)[a-z]*(?=[ .:;'\u2019(-])")
_PROSE = re.compile(r"(?:[A-Z][a-z]+|[A-Z]{2,}|A|I)(?![A-Za-z])")


def listed_values(text: str) -> tuple[str, ...]:
    """The values of a separate cell: separated by commas, optionally in backticks; none for `Any`."""
    values = tuple(value.strip().strip("`") for value in re.split(r",|<br ?/?>", text))
    return () if text.strip() in (*DASHES, _ANY) else tuple(value for value in values if value)


def glued_values(text: str, where: str) -> tuple[str, ...]:
    """The values at the start of a glued cell; none for `Any`.

    Raises:
        PageError: their end is ambiguous.
    """
    if text.startswith(_ANY) or not text.strip():
        return ()
    found = _WORD.search(text)
    if found is None:
        return listed_values(text)
    cuts = [found.start() + n for n in range(len(found["upper"])) if _PROSE.match(text, found.start() + n)]
    cut = cuts[0] if len(cuts) == 1 else _by_shape(text, cuts, where)
    if not text[:cut].strip():
        raise _unclear(text, where)
    return listed_values(text[:cut])


def _by_shape(text: str, cuts: list[int], where: str) -> int:
    """The only cut at which the last value has the form of an earlier one."""
    matching = []
    for cut in cuts:
        *before, last = listed_values(text[:cut]) or ("",)
        if _shape(last) in {_shape(value) for value in before}:
            matching.append(cut)
    if len(matching) != 1:
        raise _unclear(text, where)
    return matching[0]


def _shape(value: str) -> str:
    return re.sub(r"[0-9]+", "9", re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", value)))


def _unclear(text: str, where: str) -> PageError:
    return PageError(
        where,
        f"the end of the allowed values in {text[:60]!r} is ambiguous",
        expected="Any, or values separated by commas and then a sentence",
        then="Read the page as Markdown instead, which separates the cells.",
    )
