"""The faults of webhooks: what happens to the deliveries of a job."""

from mockreel.engine.faults.fault_kinds import Kind, spread
from mockreel.engine.faults.fault_parameters import Parameter

# Simulated seconds that a callback may be held back at most, and how large one may be made.
LONGEST_WAIT = 7 * 24 * 3600.0
LARGEST_BODY = 32 * 1024 * 1024

_ATTEMPTS = Parameter("attempts", "whole", "how many attempts have the fault; later ones have not", 100, 1, 100)

CALLBACK_FAULTS = (
    Kind(
        "callback-delayed",
        "callback",
        "The first attempt is sent late, by the simulator's clock.",
        "a webhook long after a poll has shown the end",
        spread(LONGEST_WAIT, 60.0, "simulated seconds of delay"),
    ),
    Kind(
        "callback-duplicated",
        "callback",
        "An accepted webhook is sent again, the same bytes.",
        "the same webhook several times",
        (
            Parameter("times", "whole", "how often it arrives in total", 2, 2, 10),
            Parameter("every", "number", "simulated seconds between them", 0.0, 0, LONGEST_WAIT, unit="s"),
        ),
    ),
    Kind(
        "callback-out-of-order",
        "callback",
        "It is held back until the webhook of a job of the same account that ended later has been sent.",
        "webhooks in another order than the jobs ended",
        (
            Parameter(
                "within",
                "number",
                "simulated seconds after which it is sent anyway",
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
        "Attempts never arrive, and count as network errors.",
        "no webhook; or a late one, if a later attempt has no fault",
        (_ATTEMPTS,),
    ),
    Kind(
        "callback-badly-signed",
        "callback",
        "Signed with an unknown secret.",
        "a signature that does not match",
        (_ATTEMPTS,),
        signs=True,
    ),
    Kind(
        "callback-rotated-secret",
        "callback",
        "Signed with the account's newest retired secret; if there is none, with an unknown one.",
        "a signature that matches a former secret",
        (_ATTEMPTS,),
        signs=True,
    ),
    Kind(
        "callback-oversized",
        "callback",
        "The body is padded with blanks at its end, which JSON allows, and signed as it is sent.",
        "a valid webhook larger than it may want to accept",
        (
            Parameter("bytes", "whole", "the least size of the body", 2 * 1024 * 1024, 1, LARGEST_BODY, unit="bytes"),
            _ATTEMPTS,
        ),
    ),
)
