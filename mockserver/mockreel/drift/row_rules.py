"""Whom a changed row breaks: the table that `row_drift` reads, a tuple of rules for each document of a contract."""

from collections.abc import Mapping
from typing import Any

from mockreel.drift.finding import NOTHING, Verdict
from mockreel.drift.row_drift import Rule, always, fewer
from mockreel.drift.witness.tree import Difference

REQUESTS: Verdict = "breaking for requests"
REPLIES: Verdict = "breaking for replies"


def _parameter(difference: Difference) -> Verdict:
    """A new parameter breaks nobody unless it must be there."""
    return REQUESTS if difference.after.get("required") else "compatible"


def _status(difference: Difference) -> Verdict:
    """A refusal of a known class is handled as its class (RFC 9110, 15); success looks another way now."""
    return "compatible" if difference.path[-1][:1] in "45" else REPLIES


def _restricted(difference: Difference) -> Verdict:
    """Only who has more rights may do it now."""
    return REQUESTS if difference.after not in (NOTHING, None, False) else "compatible"


def _demanded(difference: Difference) -> Verdict:
    return REQUESTS if difference.after is True else "compatible"


OPERATIONS = (
    Rule("/*", "compatible", REQUESTS, REQUESTS),
    always("/*/method", REQUESTS),
    always("/*/path", REQUESTS),
    Rule("/*/key/*", "compatible", REQUESTS, REQUESTS),
    Rule("/*/query/*", _parameter, "unknown", "unknown"),
    always("/*/query/*/required", _demanded),
    Rule("/*/statuses/*", _status, "compatible", "compatible"),
    Rule("/*/headers/*", "compatible", "unknown", "unknown"),
    always("/*/admin", _restricted),
    always("/*/scope", _restricted),
    always("/*/input", REQUESTS),
    always("/*/model/**", REQUESTS),
    always("/*/model", REQUESTS),
    always("/*/body", REQUESTS),
    always("/*/body_required", _demanded),
    always("/*/refusals", "docs only"),
    always("/*/links/**", "docs only"),
)

DOCUMENT = (
    always("/refusal/**", REPLIES),
    always("/refusal", REPLIES),
    always("/hosts", fewer(REQUESTS)),
    Rule("/key/*", "compatible", REQUESTS, REQUESTS),
    *(always(f"/{own}/**", "docs only") for own in ("client", "keys", "not_played", "order", "package")),
    *(always(f"/{own}", "docs only") for own in ("client", "keys", "not_played", "order", "package")),
)

LIFECYCLE = (
    Rule("/states/*", REPLIES, "compatible", REPLIES),
    always("/states/*/word", REPLIES),
    always("/states/*/kind", REPLIES),
    Rule("/transitions/pending/*", "compatible", "compatible", "compatible"),
    Rule("/transitions/*", REPLIES, "compatible", REPLIES),
    Rule("/transitions/*/*", REPLIES, "compatible", REPLIES),
)

ERRORS = (
    Rule("/rows/*", "compatible", "compatible", REPLIES),
    always("/rows/*/status", REPLIES),
    always("/rows/*/code", REPLIES),
    Rule("/failures/*", "compatible", "compatible", REPLIES),
    always("/failures/*/code", REPLIES),
)

CALLBACKS = (
    Rule("/events/*", "unknown", REPLIES, REPLIES),
    always("/events/*/word", REPLIES),
    always("/events/*/on", fewer(REPLIES)),
    Rule("/policy/*", "compatible", REPLIES, REPLIES),
    always("/policy/*/delays", "compatible"),
    always("/policy/*/attempts", fewer(REPLIES)),
    always("/policy/*/timeout", fewer(REPLIES)),
    always("/policy/*/success", fewer(REPLIES)),
    always("/policy/*/retry/*", fewer(REPLIES)),
    Rule("/signature", "compatible", REPLIES, REPLIES),
    always("/signature/**", REPLIES),
    Rule("/headers/*", "compatible", REPLIES, REPLIES),
    always("/headers/*/value", REPLIES),
)

PRICING = (always("/opening_balance/**", "docs only"), always("/money/unknown/**", "docs only"), always("/**", "price"))

# What a stand-in does when it is told to, and which of two texts it believes: no fact of the provider's has changed.
OURS = (always("/**", "docs only"),)

FILES: Mapping[str, tuple[Rule, ...]] = {
    "lifecycle.yaml": LIFECYCLE,
    "errors.yaml": ERRORS,
    "callbacks.yaml": CALLBACKS,
    "pricing.yaml": PRICING,
    "scenarios.yaml": OURS,
}


def prepared(file: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """A document in the form that is compared: its lists of rows by name, so that a row keeps its place."""
    result = dict(document)
    if file == "lifecycle.yaml":
        kinds = {name: row.get("kind", "") for name, row in result.get("states", {}).items()}
        result["transitions"] = _transitions(result.get("transitions", ()), kinds)
    if file == "callbacks.yaml" and "headers" in result:
        result["headers"] = {row["name"]: row for row in result["headers"]}
    if file == "pricing.yaml":
        result.pop("models", None)  # compared with the models themselves
    return result


def _transitions(rows: Any, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Transitions by the kind of the state that they leave, and by their name."""
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(kinds.get(row["from"], ""), {})[f"{row['from']} -> {row['to']}"] = row
    return found
