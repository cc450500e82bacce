"""What a client sets of its account is shown there, and can be set back."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem


def _settings(context: CheckContext) -> Iterator[tuple[Operation, Operation]]:
    """The operations that set something of the account itself, each with the one that shows it."""
    for one in context.contract.operations:
        if one.method not in ("PATCH", "PUT") or "{" in one.path or one.body != "json":
            continue
        shows = (other for other in context.contract.operations if (other.method, other.path) == ("GET", one.path))
        yield from ((one, other) for other in shows)


@check(
    "setting.kept", "What is set of an account is shown there, and can be set back.", level="jobs",
    known=lambda context: any(True for _ in _settings(context)),
)  # fmt: skip
def settings_are_kept(context: CheckContext) -> Iterator[Problem]:
    for sets, shows in _settings(context):
        change, read = context.requests.good(sets), context.requests.good(shows)
        before = context.try_send(read)
        if before is None or context.excused(before, shows) or not isinstance(change.json, Mapping):
            continue
        for request in (change, change.with_json(_former(change.json, before))):
            reply = context.answer(request, sets)
            shown = context.try_send(read)
            if reply is None or shown is None or context.excused(shown, shows):
                break
            for sent, operation, response in ((request, sets, reply), (read, shows, shown)):
                wrong = _wrong(_shown_fields(context, operation, request.json), response)
                if wrong:
                    fact = context.facts.operation(f"{shows.id} shows what {sets.id} sets", shows)
                    yield Problem(fact, f"{wrong}", response.shown(), sent, f"{sets.id} {', '.join(wrong)}")


def _shown_fields(context: CheckContext, operation: Operation, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Of what is set, the fields that an operation's response may have: in some readings it shows fewer."""
    return {name: value for name, value in sent.items() if context.response_checker.may_have(operation, f"/{name}")}


def _former(body: Mapping[str, Any], before: ReceivedResponse) -> dict[str, Any]:
    """The same fields as they were before; what was not set is left as the example has it."""
    shown = before.json if isinstance(before.json, Mapping) else {}
    return {name: _number(shown[name], value) if shown.get(name) is not None else value for name, value in body.items()}


def _number(shown: Any, value: Any) -> Any:
    """A number that is shown as a text, as it is sent."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(shown, str):
        return shown
    amount = Decimal(shown)
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _wrong(sent: Mapping[str, Any], response: ReceivedResponse) -> dict[str, Any]:
    """What was set and is not shown."""
    shown = response.json if isinstance(response.json, Mapping) else {}
    return {name: value for name, value in sent.items() if name not in shown or not _is(shown[name], value)}


def _is(shown: Any, sent: Any) -> bool:
    if shown == sent:
        return True
    try:
        return not isinstance(sent, bool) and Decimal(str(shown)) == Decimal(str(sent))
    except InvalidOperation:
        return False


CHECKS: tuple[Check, ...] = (settings_are_kept,)
