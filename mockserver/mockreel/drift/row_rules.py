"""Whom a changed row breaks: rules for each document of a contract, as read by `row_drift`."""

from collections.abc import Mapping
from typing import Any

from mockreel.drift.finding import NOTHING, Verdict
from mockreel.drift.row_drift import Rule, always, fewer
from mockreel.drift.witness.json_difference import Difference

REQUESTS: Verdict = "breaking for requests"
REPLIES: Verdict = "breaking for replies"


def _parameter(difference: Difference) -> Verdict:
    """A new parameter breaks a client only if it is required."""
    stated = difference.after
    return REQUESTS if isinstance(stated, Mapping) and stated.get("required") else "compatible"


def _status(difference: Difference) -> Verdict:
    """An error response of a known class is handled as its class (RFC 9110, 15); success looks another way now."""
    return "compatible" if difference.path[-1][:1] in "45" else REPLIES


def _restricted(difference: Difference) -> Verdict:
    """The operation needs more rights now."""
    return REQUESTS if difference.after not in (NOTHING, None, False) else "compatible"


def _demanded(difference: Difference) -> Verdict:
    return REQUESTS if difference.after is True else "compatible"


def _schemes(difference: Difference) -> Verdict:
    """A client with another kind of key is rejected; docs that no longer state one leave it open."""
    before, after = (() if one is NOTHING else one for one in (difference.before, difference.after))
    if all(scheme in after for scheme in before):
        return "compatible"
    return REQUESTS if after else "unknown"


def _attempts(difference: Difference) -> Verdict:
    unstated = difference.before is None or difference.after is None
    return "unknown" if unstated else fewer(REPLIES)(difference)


def _granted(difference: Difference) -> Verdict:
    """Something that was always present and no longer is."""
    return "compatible" if difference.after is True else REPLIES


OPERATIONS = (
    Rule("/*", "compatible", REQUESTS, REQUESTS),
    always("/*/method", REQUESTS),
    always("/*/path", REQUESTS),
    Rule("/*/key/*", "compatible", REQUESTS, REQUESTS),
    Rule("/*/query/*", _parameter, "unknown", "unknown"),
    always("/*/query/*/required", _demanded),
    Rule("/*/parameters/*", _parameter, "unknown", "unknown"),
    always("/*/parameters/*/required", _demanded),
    Rule("/*/statuses/*", _status, "compatible", "compatible"),
    Rule("/*/headers/*", "compatible", REPLIES, REPLIES),
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
    Rule("/servers/*", "compatible", REQUESTS, REQUESTS),
    always("/schemes", _schemes),
    Rule("/webhooks/*", "compatible", REPLIES, REPLIES),
    Rule("/key/*", "compatible", REQUESTS, REQUESTS),
    always("/key/*/*", REQUESTS),
    *(always(f"/{section}/**", "docs only") for section in ("client", "keys", "not_played", "order", "package")),
    *(always(f"/{section}", "docs only") for section in ("client", "keys", "not_played", "order", "package")),
)

LIFECYCLE = (
    always("/initial", REPLIES),
    always("/states", REPLIES),
    always("/transitions", REPLIES),
    Rule("/states/*", REPLIES, "compatible", REPLIES),
    always("/states/*/*", REPLIES),
    Rule("/transitions/pending/*", "compatible", "compatible", "compatible"),
    Rule("/transitions/*", REPLIES, "compatible", REPLIES),
    Rule("/transitions/*/*", REPLIES, "compatible", REPLIES),
    always("/transitions/*/*/*", REPLIES),
)

ERRORS = (
    # Programs tell error responses apart by code and name, so another message breaks nothing.
    always("/*/*/message", "docs only"),
    always("/*/*/fields/*/message", "docs only"),
    Rule("/*", "compatible", REPLIES, REPLIES),
    Rule("/*/*", "compatible", "compatible", REPLIES),
    always("/*/*/**", REPLIES),
)

CALLBACKS = (
    Rule("/events", "compatible", REPLIES, REPLIES),
    # Today's receivers do not know a new event.
    Rule("/events/*", REPLIES, REPLIES, REPLIES),
    always("/events/*/word", REPLIES),
    always("/events/*/on", fewer(REPLIES)),
    Rule("/policy", "compatible", REPLIES, REPLIES),
    Rule("/policy/*", "compatible", REPLIES, REPLIES),
    always("/policy/*/delays", "compatible"),
    always("/policy/*/attempts", fewer(REPLIES)),
    always("/policy/*/timeout", fewer(REPLIES)),
    always("/policy/*/success", fewer(REPLIES)),
    always("/policy/*/retry/*", fewer(REPLIES)),
    always("/policy/*/retry", REPLIES),
    always("/policy/*/redirects", REPLIES),
    Rule("/signature", "compatible", REPLIES, REPLIES),
    always("/signature/**", REPLIES),
    Rule("/headers/*", "compatible", REPLIES, REPLIES),
    always("/headers/*/value", REPLIES),
    Rule("/headers", "compatible", REPLIES, REPLIES),
    always("/headers/*/*", REPLIES),
    # The payload itself is compared as a message.
    Rule("/payload", "compatible", REPLIES, "docs only"),
)

PRICING = (always("/opening_balance/**", "docs only"), always("/money/unknown/**", "docs only"), always("/**", "price"))

# Facts of the providers' documents other than models.
DOCUMENTS = (
    always("/schemes", _schemes),
    Rule("/servers/*", "compatible", REQUESTS, REQUESTS),
    Rule("/sent/*", "unknown", "unknown", REQUESTS),
    Rule("/statuses/*", _status, "compatible", "compatible"),
    Rule("/webhooks/*", "compatible", REPLIES, REPLIES),
    Rule("/retries", "compatible", REPLIES, REPLIES),
    always("/retries/attempts", _attempts),
    always("/retries/delays", "compatible"),
    Rule("/retries/on", "compatible", REPLIES, REPLIES),
    Rule("/retries/on/*", "compatible", REPLIES, REPLIES),
    Rule("/webhook_headers", "compatible", REPLIES, REPLIES),
    Rule("/webhook_headers/*", "compatible", REPLIES, REPLIES),
    always("/webhook_headers/*/always", _granted),
    Rule("/operations/*", "compatible", REQUESTS, REQUESTS),
    Rule("/operations/*/servers/*", "compatible", REQUESTS, REQUESTS),
    Rule("/operations/*/security/*", "compatible", REQUESTS, REQUESTS),
    Rule("/operations/*/parameters/*", _parameter, "unknown", "unknown"),
    always("/operations/*/parameters/*/required", _demanded),
    always("/operations/*/body/required", _demanded),
    Rule("/operations/*/body/media/*", "compatible", REQUESTS, REQUESTS),
    Rule("/operations/*/statuses/*", _status, "compatible", "compatible"),
    Rule("/operations/*/statuses/*/headers/*", "compatible", REPLIES, REPLIES),
    Rule("/operations/*/statuses/*/media/*", REPLIES, "compatible", REPLIES),
)

# Scenarios of the mock server and its readings: no fact about the provider changes.
OURS = (always("/**", "docs only"),)

FILES: Mapping[str, tuple[Rule, ...]] = {
    "lifecycle.yaml": LIFECYCLE,
    "errors.yaml": ERRORS,
    "callbacks.yaml": CALLBACKS,
    "pricing.yaml": PRICING,
    "scenarios.yaml": OURS,
}


def prepared(file: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as it is compared: with its lists of rows as mappings by name."""
    result = dict(document)
    if file == "lifecycle.yaml":
        kinds = {name: row.get("kind", "") for name, row in result.get("states", {}).items()}
        result["transitions"] = _transitions(result.get("transitions", ()), kinds)
    if file == "callbacks.yaml":
        result |= {"headers": {row["name"]: row for row in result["headers"]}} if "headers" in result else {}
        # The provider's word identifies the event; the row's name is ours.
        result["events"] = {str(row.get("word", name)): row for name, row in (result.get("events") or {}).items()}
    if file == "pricing.yaml":
        result.pop("models", None)  # compared with the models themselves
    return result


def _transitions(rows: Any, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Transitions by the kind of their first state, and by name."""
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(kinds.get(row["from"], ""), {})[f"{row['from']} -> {row['to']}"] = row
    return found
