"""Everything that mockreel raises on purpose, in one tree.

MockreelError
├── DataError          a schema, a contract row or another data file cannot be used
│   └── PageError      a provider's page cannot be understood (mockreel.build)
├── OptionError        an option, a reading or a scenario that does not exist, with what does
│   ├── FaultError     a fault that does not exist, or cannot be played here
│   └── OptionsClash   two options that cannot be combined
├── ControlError       the control API of a running server rejected a request, with its status and reason
├── ControlUnreachable no server answers there
├── Conflict           a request conflicts with the current state: a job that has ended already, another version
├── AccountsFull       a new key, and no more accounts are kept
├── EventLoopBlocked   a waiting call in a coroutine, whose event loop could answer nothing meanwhile
├── MissingPackage     an extra is not installed
├── StateError         a kept run cannot be opened, read or written
│   └── LogMisfit      an entry of its log does not fit what came before it
├── PortTaken          the address to bind is in use
└── MockServerClosed        the server has been stopped

Every message says what happened, with which value, what is valid, and what to do next.
"""

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from heapq import nlargest

# A list of at most so many names is shown whole; of a longer one, so many of the nearest are.
MOST_LISTED, MOST_NEAREST = 10, 5
# So much of a wrong value is shown; so many characters of a name are compared, with the names that share most letters.
MOST_SHOWN, MOST_COMPARED, MOST_RANKED = 200, 80, 24


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
    `secret` is what the message says of a value that it must not show, `because` what it says in place of "is not
    valid" of a value that is valid under other conditions.
    """

    def __init__(
        self,
        what: str,
        value: object,
        valid: Iterable[str] = (),
        *,
        then: str = "",
        secret: str = "",
        because: str = "is not valid",
    ) -> None:
        self.what = what
        self.value = value
        self.then = then
        self.secret = secret
        self.because = because
        self.valid = tuple(valid)
        self.nearest = self.valid
        if len(self.valid) > MOST_LISTED:
            self.nearest = self.valid[:MOST_NEAREST] if value is None else nearest(str(value), self.valid)
        wrong = f"{what} is missing." if value is None else f"{what}: {secret or _shown(value)} {because}."
        told = f"Valid: {', '.join(self.nearest)}." if self.valid else ""
        if len(self.nearest) < len(self.valid):
            word = "Some" if value is None else "Nearest"
            told = f"{word} of {len(self.valid)}: {', '.join(self.nearest)}."
        super().__init__(" ".join(part for part in (wrong, told, then) if part))

    def renamed(self, what: str) -> "OptionError":
        """The same error about what has another name, such as an option of the command line."""
        return OptionError(what, self.value, self.valid, then=self.then, secret=self.secret, because=self.because)


def nearest(name: str, among: Iterable[str], *, most: int = MOST_NEAREST, least: float = 0.0) -> tuple[str, ...]:
    """The names that are most like one that does not exist, the most similar first.

    Names that have it as a part come before names that are only spelled alike. Whatever is asked for, it takes a few
    milliseconds: of a long name the beginning is compared, and closely only with the names that share most letters.

    Args:
        least: how like it a name must be, 0 to 1.
    """
    wanted = name[:MOST_COMPARED].casefold()
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)  # what belongs to this one is worked out once

    def likeness(one: str, measure: Callable[[], float]) -> tuple[bool, float]:
        other = one[:MOST_COMPARED].casefold()
        matcher.set_seq1(other)
        return bool(wanted) and wanted in other, measure()

    def roughly(one: str) -> tuple[bool, float]:
        return likeness(one, matcher.quick_ratio)

    def closely(one: str) -> tuple[bool, float]:
        return likeness(one, matcher.ratio)

    ranked = nlargest(MOST_RANKED, dict.fromkeys(among), key=roughly)
    found = nlargest(most, ranked, key=closely)
    return tuple(found if not least else [one for one in found if closely(one)[1] >= least])


def _shown(value: object) -> str:
    """A wrong value as a message may repeat it."""
    text = repr(value[: MOST_SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


class ControlError(MockreelError):
    """The control API rejected a request: its HTTP status, its title, and why; `valid` lists what is valid."""

    def __init__(self, status: int, title: str, detail: str, valid: Iterable[str] = ()) -> None:
        self.status = status
        self.title = title
        self.detail = detail
        self.valid = tuple(valid)
        super().__init__(f"{title} ({status}): {detail}")


class ControlUnreachable(MockreelError):
    """No server answers at the address."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        super().__init__(
            f"No server answers at {where} ({why}). Start it with `mockreel serve`, or give its address: "
            "--url URL or --ready-file PATH."
        )


class Conflict(MockreelError):
    """The request conflicts with the current state; at another time or on another server it could be done."""


class FaultError(OptionError):
    """A fault, or a value of one, does not exist; or it cannot be played for this provider, or on this server."""


class OptionsClash(OptionError):
    """Two options that cannot be combined; the message says why, and what to do.

    Args:
        one: an option, as a user writes it.
        other: the other one.
        then: why not, and what to do.
    """

    def __init__(self, one: str, other: str, *, then: str) -> None:
        super().__init__(one, other, then=then)
        self.args = (f"{one} cannot be combined with {other}. {then}",)


class AccountsFull(MockreelError):
    """A new key was used, and no more accounts are kept."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(
            f"The server keeps at most {most} accounts of a provider, one for each key, and there is no room for "
            "another. Use one of those keys again, list the keys (--keys FILE), or reset the server: "
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


class StateError(MockreelError):
    """A run that is kept (`--state`, a bundle) cannot be opened, read or written; the message says why."""


class LogMisfit(StateError):
    """An entry of a log does not fit what the entries before it have made."""


class PortTaken(MockreelError):
    """The address that the server should listen on is in use, or is none of this machine (`is_address`)."""

    def __init__(self, host: str, port: int, why: str, *, is_address: bool = True) -> None:
        self.host = host
        self.port = port
        then = (
            "Choose other ports with --port N (0 takes free ones), or end the process that holds this one."
            if is_address
            else "Give an address of this machine: --host 127.0.0.1, or 0.0.0.0 for all of them."
        )
        super().__init__(f"Cannot listen on {host}:{port}: {why}. {then}")


class MockServerClosed(MockreelError):
    """A server was used after it had been stopped."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: the server is closed. Use it inside `with serving(...) as server:`.")


class EventLoopBlocked(MockreelError):
    """Something that waits was called where an event loop runs, which could answer no webhook meanwhile."""

    def __init__(self, instead: str) -> None:
        super().__init__(f"advance() would block the event loop that runs here, and its webhooks. Use: {instead}")
