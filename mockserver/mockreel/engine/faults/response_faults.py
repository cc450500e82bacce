"""The faults of responses: what happens to one on its way to the client."""

from mockreel.engine.faults.fault_kinds import Kind, spread
from mockreel.engine.faults.fault_parameters import Parameter

# Real seconds that a response may be held back at most.
LONGEST_WAIT = 300.0

_ACCEPTED = Parameter("accepted", "flag", "the request was handled first: the job exists", False)
_HELD = Parameter("seconds", "number", "how long, then the connection is closed", 60.0, 0, 3600, unit="s")

REPLY_FAULTS = (
    Kind(
        "delay",
        "reply",
        "The response is late.",
        "a slow response, or its own timeout",
        (
            *spread(LONGEST_WAIT, 1.0, "real seconds of delay"),
            Parameter("before", "choice", "what is delayed", "headers", options=("headers", "body")),
        ),
    ),
    Kind(
        "drip",
        "reply",
        "The body arrives in small pieces with a pause before each.",
        "a response that takes long but never stalls",
        (
            Parameter("bytes", "whole", "the size of a piece", 16, 1, 1024 * 1024, unit="bytes"),
            Parameter("every", "number", "real seconds between pieces", 0.1, 0, 60, unit="s"),
        ),
    ),
    Kind(
        "reset",
        "reply",
        "The connection is reset (TCP RST), before the request is handled or in the middle of the response.",
        "connection reset by peer; in the middle, after half of the body",
        (Parameter("at", "choice", "when", "before", options=("before", "middle")),),
        handled=("at", "middle"),
        wire=True,
    ),
    Kind(
        "close",
        "reply",
        "The connection is closed without a response; the request is not handled.",
        "the server closed the connection without a response",
        handled=False,
        wire=True,
    ),
    Kind(
        "hang",
        "reply",
        "Nothing arrives, and the connection stays open; the request is not handled.",
        "its own timeout",
        (_HELD,),
        handled=False,
        wire=True,
    ),
    Kind(
        "lost-answer",
        "reply",
        "The request is handled, so the job exists, and its response never arrives: the case for idempotency keys.",
        "as with reset, close or hang: nothing that says whether it was accepted",
        (
            Parameter("by", "choice", "how it is lost", "reset", options=("reset", "close", "hang")),
            Parameter("seconds", "number", "with by=hang: how long", 60.0, 0, 3600, unit="s"),
        ),
        wire=True,
    ),
    Kind(
        "truncated",
        "reply",
        "The response ends before its Content-Length is reached, and the connection is closed.",
        "a body that breaks off: incomplete read",
        wire=True,
    ),
    Kind(
        "malformed",
        "reply",
        "The body is cut in the middle, with a matching Content-Length.",
        "JSON that cannot be parsed",
    ),
    Kind("empty", "reply", "The status and headers of the response, and no body.", "no body where one is expected"),
    Kind(
        "wrong-content-type",
        "reply",
        "The same body under another Content-Type.",
        "JSON that is not declared as JSON",
        (
            Parameter(
                "type",
                "text",
                "the Content-Type to send",
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
        "The response does not begin with a status line.",
        "a response that is not HTTP",
        wire=True,
    ),
    Kind(
        "gateway",
        "reply",
        "A gateway in front of the provider answers, with an HTML page.",
        "502, 503, 504 or 524 with HTML where JSON is expected",
        (
            Parameter("status", "choice", "which", "502", options=("502", "503", "504", "524")),
            _ACCEPTED,
        ),
        handled=("accepted", True),
    ),
    Kind(
        "expired-link",
        "reply",
        "The address of a result has expired: the storage answers in its place. As a rule it befalls results only.",
        "403 (or 404, 410) with XML where a video is expected",
        (Parameter("status", "choice", "which", "403", options=("403", "404", "410")),),
        handled=False,
        results=True,
    ),
    Kind(
        "throttled",
        "reply",
        "429, in the provider's own words if it documents 429, else as a gateway page; Retry-After only if given.",
        "429, with Retry-After if it is given",
        (Parameter("retry_after", "whole", "the seconds in Retry-After", None, 0, 86_400, unit="s"),),
        handled=False,
    ),
)
