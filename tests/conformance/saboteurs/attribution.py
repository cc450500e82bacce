"""Whether a saboteur is caught by a check of what it broke: what that is follows from its own sentence.

A row has words of sentences, and the beginnings of the checks whose business it is; the first row that fits counts.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.saboteurs.saboteur import Saboteur

BUSINESS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"idempotency|repeated with its key|a key that comes", ("idempotency",)),
    (r"subscription|webhook that was disabled", ("subscription",)),
    (r"evaluation", ("evaluation", "thing")),
    (r"workflow", ("workflow",)),
    (r"\bbatch", ("batch", "balance.batch", "body", "account.things")),
    (r"another account", ("account", "record.details")),
    (r"webhook (is|that was) (made|not changed|removed)", ("thing", "account.things")),
    (r"\bone id\b|share an id", ("id", "thing", "record.distinct", "batch")),
    (r"callback|webhook|attempts? |retries come|signature|deliver",
     ("callback", "subscription", "batch", "record.repeats", "lifecycle.cancelled-late")),
    (r"statistic|\bqueue\b|under way|counts", ("account", "reply.numbers")),
    (r"secret", ("secret", "thing", "entry", "refusal", "callback.signature")),
    (r"uploads?|asset|lora|file of any type", ("upload", "thing", "entry", "reply", "refusal", "record.holds")),
    (
        r"refus|error|no key|missing key|any key|only admins|without a key|not found|not exist|breaks the server",
        ("refusal", "reply", "body", "operation", "key", "model.known", "account.identity", "generated"),
    ),
    (r"taken|allowed length|as short as|any time|overlooked|nobody knows|may have parameters",
     ("body", "query", "refusal", "list", "generated", "model.known")),
    (r"\bfilter|page|\blist\b|lists|limit|order asked|entr(y|ies)|transaction|deprecat|retirement",
     ("list", "entry", "query", "reply", "thing", "account.sums", "record")),
    (r"balance|charge|costs?\b|price|credits|dollars|quote|sum\b",
     ("balance", "record.cost", "record.cancelled", "record.headers", "price", "account", "list.charges", "reply",
      "record.charged")),
    (r"header|x-|tracing|inference", ("record.headers", "reply", "record.distinct", "callback.headers")),
    (r"clip|file|result|outputs?\b|kind\b|seven seconds|png|audio", ("result", "record", "callback", "reply")),
    (
        r"state|running|generating|queued|completed|fails? |failed|begins|end(s|ed)|over\b|cancel|moment|lasted|later",
        ("lifecycle", "record", "result", "reply", "operation", "refusal.provoked"),
    ),
    (r"\bids?\b|clientid", ("id", "record", "account", "reply", "thing")),
    (
        r"metadata|input|record|client_ref|organization|model|developer|category|field|meta block|log|feedback|thresh",
        ("record", "entry", "setting", "thing", "model", "reply", "list"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Attribution:
    """How many saboteurs say what they broke, and how many of them are caught by a check of that, or by it first."""

    known: int
    by_any: int
    by_first: int
    by_others: tuple[str, ...]  # the saboteurs that only other checks caught


def business(saboteur: Saboteur) -> tuple[str, ...]:
    """The beginnings of the checks whose business it is what a saboteur broke; none where its sentence does not say."""
    says = saboteur.says.lower()
    return next((checks for words, checks in BUSINESS if re.search(words, says)), ())


def is_own(check: str, checks: Iterable[str]) -> bool:
    """Whether a check is one of these, or of one of these families."""
    return any(check == one or check.startswith((f"{one}.", f"{one}-")) for one in checks)


def attribute(rows: Iterable[tuple[Saboteur, Sequence[str]]]) -> Attribution:
    """Attribute saboteurs with the checks that caught them, in the order in which they ran."""
    known = [(one, checks, own) for one, checks in rows if (own := business(one))]
    return Attribution(
        len(known),
        sum(any(is_own(check, own) for check in checks) for _, checks, own in known),
        sum(is_own(checks[0], own) for _, checks, own in known if checks),
        tuple(one.id for one, checks, own in known if not any(is_own(check, own) for check in checks)),
    )
