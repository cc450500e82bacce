"""Everything that mockreel raises on purpose, in one tree.

MockreelError
├── DataError          a schema, a contract row or another data file cannot be used
│   └── PageError      a provider's page cannot be understood (mockreel.build)
├── OptionError        an option, a reading or a scenario that does not exist, with what does
│   └── FaultError     a fault that does not exist, or cannot be played here
├── ControlError       the control API of a running stand-in said no, with its status and reason
├── ControlUnreachable no stand-in answers there
├── Conflict           what was asked does not fit the state of things: a job that has ended already, another version
├── AccountsFull       one more key, where each has an account of its own, and there are as many as are kept
├── MissingPackage     an extra is not installed
├── PortTaken          the address to bind is in use
└── StageClosed        the stage has been taken down

Every message says what happened, with which value, what is valid, and what to do next.
"""

from collections.abc import Iterable
from difflib import SequenceMatcher

# A list of at most so many names is shown whole; of a longer one the nearest are.
MOST_LISTED = 10


class MockreelError(Exception):
    """The root: catch this to catch everything that mockreel raises on purpose."""


class DataError(MockreelError):
    """A data file cannot be used; `where` names the file and the place in it.

    Args:
        where: the file, and the place in it where it is known (`contracts/x/errors.yaml /rows/no-key`).
        what: what is wrong, with the value.
        expected: what would be valid.
        then: what to do next.
    """

    def __init__(self, where: str, what: str, *, expected: str = "", then: str = "") -> None:
        self.where = where
        self.what = what
        self.expected = expected
        self.then = then
        parts = [f"{where}: {what}.", f"Expected {expected}." if expected else "", then]
        super().__init__(" ".join(part for part in parts if part))


class OptionError(MockreelError):
    """A name or a value that does not exist, or is missing (None).

    `valid` lists what does exist; the message shows `nearest`: all of a short list, the most similar of a long one.
    """

    def __init__(self, what: str, value: object, valid: Iterable[str] = (), *, then: str = "") -> None:
        self.what = what
        self.value = value
        self.valid = tuple(valid)
        self.nearest = self.valid if len(self.valid) <= MOST_LISTED else nearest(str(value), self.valid)
        wrong = f"{what} is missing." if value is None else f"{what}: {value!r} is not valid."
        told = f"Valid: {', '.join(self.nearest)}." if self.valid else ""
        if len(self.nearest) < len(self.valid):
            told = f"Nearest of {len(self.valid)}: {', '.join(self.nearest)}."
        super().__init__(" ".join(part for part in (wrong, told, then) if part))


def nearest(name: str, among: Iterable[str], *, most: int = 5) -> tuple[str, ...]:
    """The names that are most like one that does not exist, the most similar first.

    Names that have it as a part come before names that are only spelled alike.
    """
    wanted = name.casefold()

    def distance(one: str) -> tuple[bool, float]:
        other = one.casefold()
        return not (wanted and wanted in other), -SequenceMatcher(None, wanted, other).ratio()

    return tuple(sorted(dict.fromkeys(among), key=distance)[:most])


class ControlError(MockreelError):
    """The control API said no: its HTTP status, what it calls the problem, and why; `valid` lists what would do."""

    def __init__(self, status: int, title: str, detail: str, valid: Iterable[str] = ()) -> None:
        self.status = status
        self.title = title
        self.detail = detail
        self.valid = tuple(valid)
        super().__init__(f"{title} ({status}): {detail}")


class ControlUnreachable(MockreelError):
    """No stand-in answers at the address."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        super().__init__(
            f"Nothing is served at {where} ({why}). Start it with `mockreel serve`, or say where it is: "
            "--url URL or --ready-file PATH."
        )


class Conflict(MockreelError):
    """What was asked could be done at another time or on another stage, but not as things are."""


class FaultError(OptionError):
    """A fault, or a value of one, does not exist; or it cannot be played for this provider, or on this server."""


class AccountsFull(MockreelError):
    """A key that is new here came, and the stand-in keeps no more accounts."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(
            f"The stand-in keeps {most} accounts of a provider, each for the key that it was first asked with, and has "
            "no room for another. Use one of those keys again, list the keys (--keys FILE), or reset the stage: "
            "POST /_mockreel/reset on the control port."
        )


class MissingPackage(MockreelError):
    """Something needs a package that comes with an extra, and it is not installed.

    Args:
        what: what needs it, as the subject of a sentence (`Generated requests`).
        package: its name.
        extra: the extra that brings it.
        then: what else can be done.
    """

    def __init__(self, what: str, package: str, *, extra: str, then: str = "") -> None:
        self.package = package
        self.extra = extra
        hint = f"Install it: python -m pip install {package}; or in a checkout of mockreel: pip install '.[{extra}]'."
        super().__init__(" ".join(part for part in (f"{what} {package}, which is not installed.", hint, then) if part))


class PortTaken(MockreelError):
    """The address that the server should listen on is in use."""

    def __init__(self, host: str, port: int, why: str) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"Cannot listen on {host}:{port}: {why}. Choose other ports with --port N (0 takes free ones), "
            "or end the process that holds this one."
        )


class StageClosed(MockreelError):
    """Something was asked of a stage that has been taken down."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: the stage is closed. Ask inside `with serving(...) as stage:`.")
