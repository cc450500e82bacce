"""Every fault that can be played: what it does, what a client sees, its parameters. Docs, page and commands read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from understudy.errors import FaultError
from understudy.faults.parameters import Parameter, Value

Sort = Literal["reply", "callback"]

# Real seconds that a reply may be held back at most, and stage seconds for a callback.
LONGEST_WAIT = 300.0
LONGEST_CALLBACK_WAIT = 7 * 24 * 3600.0
LARGEST_BODY = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of damage.

    `handled` says whether the request is handled, so that a job may exist although nobody was told: always, never, or
    only with one value of a parameter. `wire` faults need the connection itself, which only understudy's own server
    gives; `signs` ones a provider that signs its callbacks.
    """

    name: str
    sort: Sort
    says: str
    sees: str
    parameters: tuple[Parameter, ...] = ()
    handled: bool | tuple[str, Value] = True
    wire: bool = False
    signs: bool = False

    def parameter(self, name: str) -> Parameter:
        """A parameter by name.

        Raises:
            FaultError: it has none of that name.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        valid = [parameter.name for parameter in self.parameters]
        then = "" if valid else "It takes none."
        raise FaultError(f"parameter of the fault {self.name}", name, valid, then=then)

    def row(self) -> Mapping[str, Any]:
        """The fault as JSON shows it."""
        return {
            "name": self.name,
            "sort": self.sort,
            "says": self.says,
            "sees": self.sees,
            "handled": self.handled_in_words,
            "wire": self.wire,
            "parameters": [parameter.row() for parameter in self.parameters],
        }

    @property
    def handled_in_words(self) -> str:
        if isinstance(self.handled, bool):
            return "yes" if self.handled else "no"
        name, value = self.handled
        return f"with {name}={'yes' if value is True else value}"


def _spread(most: float, seconds: float, what: str) -> tuple[Parameter, ...]:
    return (
        Parameter("seconds", "number", f"{what}; the mean where they are drawn", seconds, 0, most, unit="s"),
        Parameter(
            "spread",
            "choice",
            "how they are drawn from the seed",
            "fixed",
            options=("fixed", "uniform", "normal", "exponential"),
        ),
        Parameter(
            "deviation", "number", "uniform: so far either way; normal: the standard deviation", 0.0, 0, most, unit="s"
        ),
    )


_ACCEPTED = Parameter("accepted", "flag", "the request was handled before: the job exists", False)
_ATTEMPTS = Parameter("attempts", "whole", "how many attempts are damaged; the later ones are sound", 100, 1, 100)
_HELD = Parameter("seconds", "number", "for so long, then the connection is closed", 60.0, 0, 3600, unit="s")

_REPLY = (
    Kind(
        "delay",
        "reply",
        "The reply comes late.",
        "a slow reply, or its own timeout",
        (
            *_spread(LONGEST_WAIT, 1.0, "real seconds that it is late"),
            Parameter("before", "choice", "what is waited with", "headers", options=("headers", "body")),
        ),
    ),
    Kind(
        "drip",
        "reply",
        "The body comes in small pieces with a pause before each.",
        "a reply that takes long though it never stands still",
        (
            Parameter("bytes", "whole", "the size of a piece", 16, 1, 1024 * 1024, unit="bytes"),
            Parameter("every", "number", "real seconds between pieces", 0.1, 0, 60, unit="s"),
        ),
    ),
    Kind(
        "reset",
        "reply",
        "The connection is reset (TCP RST), before the request is handled or in the middle of the reply.",
        "connection reset by peer; in the middle, after half of the body",
        (Parameter("at", "choice", "when", "before", options=("before", "middle")),),
        handled=("at", "middle"),
        wire=True,
    ),
    Kind(
        "close",
        "reply",
        "The connection is closed without a word; the request is not handled.",
        "the server hung up without an answer",
        handled=False,
        wire=True,
    ),
    Kind(
        "hang",
        "reply",
        "Nothing comes, and the connection stays open; the request is not handled.",
        "its own timeout",
        (_HELD,),
        handled=False,
        wire=True,
    ),
    Kind(
        "lost-answer",
        "reply",
        "The request is handled, so the job exists, and its answer never arrives: the case for idempotency keys.",
        "as with reset, close or hang: nothing that says whether it was accepted",
        (
            Parameter("by", "choice", "how it is lost", "reset", options=("reset", "close", "hang")),
            Parameter("seconds", "number", "with by=hang: for so long", 60.0, 0, 3600, unit="s"),
        ),
        wire=True,
    ),
    Kind(
        "truncated",
        "reply",
        "The reply ends before its Content-Length is reached, and the connection is closed.",
        "a body that breaks off: incomplete read",
        wire=True,
    ),
    Kind(
        "malformed",
        "reply",
        "The body is cut in the middle and framed as if that were all of it.",
        "JSON that cannot be parsed",
    ),
    Kind("empty", "reply", "The status and headers of the reply, and no body.", "no body where one is expected"),
    Kind(
        "wrong-content-type",
        "reply",
        "The same body under another Content-Type.",
        "JSON that does not say that it is JSON",
        (
            Parameter(
                "type",
                "text",
                "what it says instead",
                "text/html",
                pattern=r"[\w.+-]{1,60}/[\w.+-]{1,60}",
            ),
        ),
    ),
    Kind(
        "wrong-length",
        "reply",
        "Content-Length is not the length of the body: too long (by above 0), or too short (below 0).",
        "too long: incomplete read; too short: JSON that breaks off",
        (Parameter("by", "whole", "how many bytes it is off", 10, -1_000_000, 1_000_000, unit="bytes"),),
        wire=True,
    ),
    Kind(
        "garbage",
        "reply",
        "What comes does not begin with a status line.",
        "a reply that is no HTTP",
        wire=True,
    ),
    Kind(
        "gateway",
        "reply",
        "A gateway before the provider answers, with a page of HTML.",
        "502, 503, 504 or 524 with HTML where JSON is expected",
        (
            Parameter("status", "choice", "which", "502", options=("502", "503", "504", "524")),
            _ACCEPTED,
        ),
        handled=("accepted", True),
    ),
    Kind(
        "throttled",
        "reply",
        "429, in the provider's own words where it answers 429, else as a gateway's page; Retry-After only if given.",
        "429, with Retry-After where it is given",
        (Parameter("retry_after", "whole", "the seconds that Retry-After names", None, 0, 86_400, unit="s"),),
        handled=False,
    ),
)

_CALLBACK = (
    Kind(
        "callback-delayed",
        "callback",
        "The first attempt leaves late, by the stage's clock.",
        "a callback long after a poll has shown the end",
        _spread(LONGEST_CALLBACK_WAIT, 60.0, "stage seconds that it is late"),
    ),
    Kind(
        "callback-duplicated",
        "callback",
        "What was taken is sent again, the same bytes.",
        "the same callback several times",
        (
            Parameter("times", "whole", "how often it arrives in all", 2, 2, 10),
            Parameter("every", "number", "stage seconds between them", 0.0, 0, LONGEST_CALLBACK_WAIT, unit="s"),
        ),
    ),
    Kind(
        "callback-out-of-order",
        "callback",
        "It is held back until the callback of a job that ended later has been sent, of the same account.",
        "callbacks in another order than the jobs ended",
        (
            Parameter(
                "within",
                "number",
                "stage seconds after which it is sent though none came",
                60.0,
                0,
                LONGEST_CALLBACK_WAIT,
                unit="s",
            ),
        ),
    ),
    Kind(
        "callback-lost",
        "callback",
        "Attempts never arrive, and count as failures of the network.",
        "no callback; or a late one, where a later attempt is sound",
        (_ATTEMPTS,),
    ),
    Kind(
        "callback-badly-signed",
        "callback",
        "Signed with a secret that nobody gave out.",
        "a signature that does not fit",
        (_ATTEMPTS,),
        signs=True,
    ),
    Kind(
        "callback-rotated-secret",
        "callback",
        "Signed with the newest secret of the account that does not sign any more; where there is none, with one that"
        " it was never shown.",
        "a signature that fits a former secret",
        (_ATTEMPTS,),
        signs=True,
    ),
    Kind(
        "callback-oversized",
        "callback",
        "The body is blown up with blanks at its end, which JSON allows, and signed as it is sent.",
        "a valid callback larger than it may want to take",
        (
            Parameter(
                "bytes", "whole", "how large the body is at least", 2 * 1024 * 1024, 1, LARGEST_BODY, unit="bytes"
            ),
            _ATTEMPTS,
        ),
    ),
)


def catalogue() -> tuple[Kind, ...]:
    """Every fault: first those of replies, then those of callbacks."""
    return _REPLY + _CALLBACK


@cache
def _by_name() -> Mapping[str, Kind]:
    return {kind.name: kind for kind in catalogue()}


def kind_of(name: str) -> Kind:
    """One fault by name.

    Raises:
        FaultError: there is none; the message lists them.
    """
    found = _by_name().get(name)
    if found is None:
        raise FaultError("fault", name, _by_name())
    return found
