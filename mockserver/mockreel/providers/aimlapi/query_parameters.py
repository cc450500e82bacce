"""Query parameters beyond their schemas: repeated ones, lists in one, and unknown ones."""

from urllib.parse import parse_qsl

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.validation import Violation
from mockreel.simulator.request_context import RequestContext


def repeated(context: RequestContext, name: str) -> list[str]:
    """Every value of a parameter that may be given more than once."""
    return [value for key, value in _pairs(context) if key == name]


def parameter_values(context: RequestContext, name: str) -> list[str]:
    """Every value of a parameter that may be repeated, or hold several behind commas; in lower case."""
    return [word.strip().lower() for value in repeated(context, name) for word in value.split(",") if word.strip()]


def reject_unknown(context: RequestContext) -> None:
    """See that only declared parameters are given.

    Raises:
        ErrorResponse: one is not declared.
    """
    known = {parameter.name for parameter in context.operation.query}
    extra = list(dict.fromkeys(key for key, _ in _pairs(context) if key not in known))
    if extra:
        found = Violation(("query",), "additionalProperties", f"unknown parameters: {', '.join(extra)}", None, extra)
        raise ErrorResponse("invalid-query", violations=(found,))


def _pairs(context: RequestContext) -> list[tuple[str, str]]:
    return parse_qsl(context.request.query.decode("latin-1"), keep_blank_values=True)
