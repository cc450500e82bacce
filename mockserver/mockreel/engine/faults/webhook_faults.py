"""The faults of callbacks: what befalls the deliveries of a job."""

from mockreel.engine.faults.kinds import Kind, spread
from mockreel.engine.faults.parameters import Parameter

# Stage seconds that a callback may be held back at most, and how large one may be made.
LONGEST_WAIT = 7 * 24 * 3600.0
LARGEST_BODY = 32 * 1024 * 1024

_ATTEMPTS = Parameter("attempts", "whole", "how many attempts are damaged; the later ones are sound", 100, 1, 100)

CALLBACK_FAULTS = (
    Kind(
        "callback-delayed",
        "callback",
        "The first attempt leaves late, by the stage's clock.",
        "a callback long after a poll has shown the end",
        spread(LONGEST_WAIT, 60.0, "stage seconds that it is late"),
    ),
    Kind(
        "callback-duplicated",
        "callback",
        "What was taken is sent again, the same bytes.",
        "the same callback several times",
        (
            Parameter("times", "whole", "how often it arrives in all", 2, 2, 10),
            Parameter("every", "number", "stage seconds between them", 0.0, 0, LONGEST_WAIT, unit="s"),
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
                LONGEST_WAIT,
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
