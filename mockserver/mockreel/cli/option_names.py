"""Which word of a command line holds the value that an error is about."""

from collections.abc import Iterator, Sequence

from mockreel.errors import OptionError, OptionsClash

# What a value is read as that was written on the command line.
_WRITTEN = (str, int, float)


def sentence(problem: OptionError, words: Sequence[str]) -> str:
    """The error's message: a name (`provider`) becomes the option among these words that has the value."""
    if problem.what.startswith("-") or isinstance(problem, OptionsClash) or not isinstance(problem.value, _WRITTEN):
        return str(problem)
    found = [option for option, value in _options(words) if _holds(value, problem.value)]
    found += [option for option, _ in _options(words) if _name(option) == problem.what]
    option = next((one for one in found if _name(one) in problem.what), next(iter(found), None))
    if option is None:
        return str(problem)
    name, noun = _name(option), problem.what
    called = f"{option}{noun.removeprefix(name).lstrip('s')}" if noun.startswith(name) else f"{option}, {noun}"
    return str(problem.renamed(called))


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every option with the word that may be its value; what comes after `--` is another program's."""
    own = [*words[: words.index("--")]] if "--" in words else [*words]
    for at, word in enumerate(own):
        option, equals, value = word.partition("=")
        if not option.startswith("--"):
            continue
        if equals:
            yield option, value
        elif at + 1 < len(own):
            yield option, own[at + 1]


def _holds(options: str, value: object) -> bool:
    """Whether a value is the one that was given, or a part of it, as the ID of `ID=OPTION`."""
    if isinstance(value, str):
        return value == options or value in options.split("=", 1)
    try:
        return repr(float(options)) == repr(float(value))  # type: ignore[arg-type]  # a number, and nan is nan
    except ValueError:
        return False


def _name(option: str) -> str:
    return option.removeprefix("--")
