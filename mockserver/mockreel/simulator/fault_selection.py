"""The fault of a request: which one is chosen, whether it is possible here, and whether it replaces the handler."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from mockreel.contract import Contract
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.form import Form
from mockreel.contract.messages.message import Response
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.artifacts.artifact import MEDIA
from mockreel.engine.faults import NO_FAULTS, Fault, Faults, Sort, catalogue, in_place_of_an_answer, settled, spoilt
from mockreel.engine.scenarios.preferences import check_fault, is_able, preferred_faults
from mockreel.engine.scenarios.rules import RequestTraits
from mockreel.errors import FaultError
from mockreel.simulator.request_context import RequestContext, Unanswered

# The name in a request's state under which a server that allows it puts the connection.
WIRE = "mockreel.wire"
# The error row for too many requests.
RATE_LIMITED = "rate-limited"


def choose(context: RequestContext, prefer: bytes | None) -> None:
    """Find the faults of a request: in its `Prefer` header, then by the rules, then of its key.

    Raises:
        FaultError: the chosen fault does not exist, or is impossible for this provider or on this server.
        ErrorResponse, Unanswered: the fault replaces the response.
    """
    context.faults = NO_FAULTS  # later errors are sent undamaged
    found = _settled(context, _selected_faults(context, prefer))
    for fault in found:
        check_fault(context.provider.contract, fault)
        _check_wire(context, fault)
    context.faults = found
    context.applied += tuple(f"fault={one.name}" for one in preferred_faults(prefer) if one.name in _names(found))
    if found.reply is not None and not found.reply.handled:
        _respond_in_place(context, found.reply)


def _names(faults: Faults) -> set[str]:
    return {one.name for one in faults}


def _selected_faults(context: RequestContext, prefer: bytes | None) -> Faults:
    """The first source with a fault decides, for responses and webhooks separately; webhooks where a job may begin."""
    wished = preferred_faults(prefer)
    begins = _begins(context)
    return Faults(
        wished.reply or _from_rule_or_key(context, "reply"),
        (wished.callback or _from_rule_or_key(context, "callback")) if begins else None,
    )


def _from_rule_or_key(context: RequestContext, sort: Sort) -> Fault | None:
    """The fault that the rules or the key apply to each request; without a provider it applies where possible."""
    able = partial(_reaches, context)
    found = context.provider.rules.fault(sort, traits_of(context), able) if context.provider.rules.all else None
    own = (context.caller.faults if context.caller else None) or NO_FAULTS
    of_key = own.reply if sort == "reply" else own.callback
    return found or (of_key if of_key is not None and able(of_key) else None)


def _reaches(context: RequestContext, fault: Fault) -> bool:
    """Whether a fault that this request did not choose may apply to it."""
    return is_able(context.provider.contract, fault) and (
        not fault.kind.results or context.request.path.startswith(MEDIA)
    )


def _begins(context: RequestContext) -> bool:
    """Whether the request may begin a job that a webhook reports."""
    operation = context.known_operation
    return operation is not None and (operation.submits or "callbacks" in operation.raw)


def _settled(context: RequestContext, found: Faults) -> Faults:
    """The same with what must be drawn; each account's draws are its own."""
    if found.reply is None and found.callback is None:
        return NO_FAULTS
    return Faults(*(None if one is None else _with_drawn_values(context, one) for one in (found.reply, found.callback)))


def _with_drawn_values(context: RequestContext, fault: Fault) -> Fault:
    account = context.caller.account.number if context.caller else 0
    turn = context.provider.count(f"fault of account {account}")
    return settled(fault, context.provider.draw("fault", account, turn, size=8))


def _check_wire(context: RequestContext, fault: Fault) -> None:
    if fault.kind.wire and WIRE not in (context.request.state or ()):
        playable = [kind.name for kind in catalogue() if not kind.wire]
        then = (
            "This application runs in another server, which does not give its connections away: "
            "use `mockreel serve` or `serving()`, "
            "or run it with uvicorn's http=mockreel.server.http.protocol:WireProtocol."
        )
        raise FaultError("fault in this server", fault.name, playable, then=then)


def _respond_in_place(context: RequestContext, fault: Fault) -> None:
    row = context.provider.contract.errors.get(RATE_LIMITED)
    if fault.name == "throttled" and row is not None and row.status == 429:
        raise ErrorResponse(RATE_LIMITED)
    raise Unanswered(in_place_of_an_answer(fault))


def check_keys_faults(entries: Iterable[KeyEntry], contracts: Mapping[str, Contract]) -> None:
    """Check that the faults of listed keys are possible for their provider, or for at least one.

    Raises:
        FaultError: one is not.
    """
    for entry in entries:
        places = [contract for name, contract in contracts.items() if entry.provider in (None, name)]
        for fault in entry.faults or NO_FAULTS:
            if places and not any(is_able(contract, fault) for contract in places):
                check_fault(places[0], fault)


def with_fault(context: RequestContext, response: Response) -> Response:
    """The response with its fault; the same object if it has none."""
    faults = context.faults
    if faults is None or faults is NO_FAULTS or faults.reply is None or response.fault is not None:
        return response
    return spoilt(faults.reply, response)


def traits_of(context: RequestContext, *, model: Any = None, body: Any = None) -> RequestTraits:
    """What the rules look at: of the call itself, or of one of several jobs that it begins."""
    operation = context.known_operation
    chosen = model or context.model
    return RequestTraits(
        context.provider.name,
        chosen.id if chosen else None,
        prompt(context.body if body is None else body),
        operation.id if operation else None,
        context.caller.account.number if context.caller else 0,
    )


def prompt(body: Any) -> str:
    """Every text in a body, one per line: what a rule's `prompt` is looked for in."""
    if isinstance(body, Form):
        return "\n".join(body.fields.values())
    if isinstance(body, str):
        return body
    if isinstance(body, dict):
        return "\n".join(prompt(value) for value in body.values())
    return "\n".join(prompt(item) for item in body) if isinstance(body, list) else ""
