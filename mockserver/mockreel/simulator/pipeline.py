"""The pipeline of a request, from its path to the handler that answers it.

Every step fills in the request context; every early end is an error row of the provider.
"""

import logging
import traceback
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mockreel.contract import ErrorRow, Model, Operation, Place
from mockreel.contract.messages import body as bodies
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.key_location import field_of, key_at
from mockreel.contract.messages.message import Request, Response, problem
from mockreel.contract.validation import NONE, Violation, Violations
from mockreel.engine.accounts.account import Caller
from mockreel.engine.artifacts.custom_result import OWN_RESULT
from mockreel.engine.faults import NO_FAULTS
from mockreel.engine.jobs.lifecycle import PlanTemplate
from mockreel.engine.scenarios.preferences import Preference, check_preference, ignored, preferred, refusal
from mockreel.errors import AccountsFull, FaultError, OptionError
from mockreel.simulator import fault_selection, provider_files
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext, Unanswered

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider

# Paths of the mock server itself on a provider's port: clips, uploads, and the control API where it is mounted.
OWN_PATHS = "/_mockreel/"


def answer(provider: "Provider", request: Request) -> Answer:
    """The response to one request, or an awaitable of it where the answer must wait for the clock."""
    return respond(RequestContext(provider, request, provider.clock.now()))


def respond(context: RequestContext) -> Answer:
    """The same for a context that nothing is known of but its request and its moment."""
    context.provider.base_url = context.request.base_url
    try:
        answer = perform(context)
    except ErrorResponse as error:
        return refuse(context, error)
    except Unanswered as unanswered:
        return _noted(context, unanswered.response, None)
    except OptionError as wrong:
        return _unknown_wish(context, wrong)
    except Exception as broken:
        return _broken(context, broken)
    if isinstance(answer, Response):
        return _noted(context, answer, None)
    return _later(context, answer)


def perform(context: RequestContext) -> Answer:
    """The story: which operation, what was sent, who are you, which model, what happens, is it well-formed."""
    if context.request.path.startswith(OWN_PATHS):
        fault_selection.choose(context, context.request.joined(b"prefer"))
        return provider_files.serve(context.provider, context.request)
    _find_operation(context)
    operation = context.operation
    spoilt = _read(context)
    if operation.key:
        _find_caller(context)
    if spoilt is not None:
        raise spoilt
    if operation.model is not None:
        _find_model(context, operation.model)
    _direct(context)
    if operation.query or operation.body != "none":
        _validate(context)
    context.handled = True
    return context.provider.adapter.handlers[operation.id](context)


def _find_operation(context: RequestContext) -> None:
    request = context.request
    found = context.provider.contract.router.find(request.path)
    if found is None:
        _hint(context)
        raise ErrorResponse("unknown-path", values={"path": request.path})
    operation = found.methods.get(request.method)
    if operation is None and request.method == "HEAD":
        operation = found.methods.get("GET")
    if operation is None:
        allowed = ", ".join(sorted(found.methods))
        raise ErrorResponse(
            "wrong-method",
            values={"method": request.method, "path": request.path, "allowed": allowed},
            headers=((b"allow", allowed.encode()),),
        )
    context.operation = context.known_operation = operation
    context.params = found.params


def _hint(context: RequestContext) -> None:
    """Note what an unknown path probably meant."""
    provider, request = context.provider, context.request
    found = provider.hints.about(request.method, request.path, target=provider) if provider.hints else None
    if found is not None:
        context.notes += (found,)


def _read(context: RequestContext) -> ErrorResponse | None:
    """Read the query and the body; unreadable ones are reported only to authorized callers."""
    request, most = context.request, context.provider.settings.max_body
    if len(request.body) > most:
        raise ErrorResponse("body-too-large", values={"limit": most})
    unpacked = False
    try:
        if request.header(b"content-encoding") and (known := context.provider.contract.wire.get("request_codings")):
            unpacked = bodies.unpack(request, known, most=most)
        if context.operation.body != "none":
            context.body = bodies.read_body(request, context.operation, unpacked=unpacked)
    except ErrorResponse as spoilt:
        return spoilt
    return None


def look(context: RequestContext) -> None:
    """Read a request without changing anything: its operation, its body and its key."""
    with suppress(ErrorResponse):
        _find_operation(context)
        _read(context)
        context.key = next(filter(None, (key_at(place, context) for place in context.operation.key)), None)


def _find_caller(context: RequestContext) -> None:
    operation = context.operation
    places, facts, era = operation.key, context.request.facts, context.provider.keyring.era
    known = facts.caller
    if known is not None and known[0] is places and known[1] is era:
        _, _, context.key, caller = known
    else:
        caller = _look_up(context, places)
        if places[0].kind == "header" and key_at(places[0], context):  # only the headers counted
            facts.caller = (places, context.provider.keyring.era, context.key, caller)
    if operation.admin or operation.scope is not None:
        _allow(operation, caller)
    context.caller = caller


def _look_up(context: RequestContext, places: tuple[Place, ...]) -> Caller:
    """Who sends a request, by its key."""
    for place in places:
        if key := key_at(place, context):
            break
    else:
        raise ErrorResponse("no-key")
    context.key = key
    try:
        caller = context.provider.keyring.find(key)
    except AccountsFull as full:
        raise Unanswered(problem(403, "Too many accounts", str(full))) from full
    if caller is None:
        raise ErrorResponse("wrong-key")
    return caller


def _allow(operation: Operation, caller: Caller) -> None:
    scopes = caller.scopes
    if operation.admin and not caller.admin:
        raise ErrorResponse("forbidden", values={"scope": "admin"})
    if operation.scope is not None and scopes is not None and operation.scope not in scopes:
        raise ErrorResponse("forbidden", values={"scope": operation.scope})


def _find_model(context: RequestContext, place: Place) -> None:
    contract = context.provider.contract
    name = context.params.get(place.name) if place.kind == "path" else field_of(context.body, place.name)
    if place.kind == "body" and not isinstance(name, str):
        return  # the schema reports what is wrong
    model = context.model = contract.names_at[context.operation.id].get(str(name))
    if model is None and name not in context.operation.own_models:
        if place.kind == "path":
            _hint(context)
        raise ErrorResponse("unknown-model", values={"model": name})
    if contract.additions.accept_unknown and model and model.id not in contract.models:
        context.notes += (f"the model {model.id!r} is unknown, and accepted with any input; its price is unknown",)


def _direct(context: RequestContext) -> None:
    """Choose the job's plan, or raise the preferred error response."""
    prefer, preference, caller = context.request.joined(b"prefer"), None, context.caller
    if prefer is None and caller is not None and caller.faults is None and not context.provider.rules.all:
        context.faults = NO_FAULTS  # no preference at all: the usual case, and the fast one
        if not caller.scenario:
            context.template = context.provider.default_template
            return
    else:
        fault_selection.choose(context, prefer)
        preference = _wish(context, prefer)
    if context.operation.submits:
        template = _template(context, preference or _default_preference(context, context.model, context.body))
        context.template = _with_result(context, template, context.model, context.body)
    elif preference is not None:
        _raise_error_response(context, preference)


def _wish(context: RequestContext, prefer: bytes | None) -> Preference | None:
    """What the client prefers; what of it changes nothing is noted."""
    if prefer is None:
        return None
    context.notes += tuple(ignored(prefer))
    preference = preferred(prefer)
    if preference is None or preference.scenario not in context.provider.contract.scenarios.names:
        return preference
    begins = context.operation.submits or "callbacks" in context.operation.raw
    if begins or preference.scenario in context.provider.contract.scenarios.requests:
        context.applied += (f"scenario={preference.scenario}",)
    else:
        context.notes += (f"scenario={preference.scenario} is for requests that begin a job, and changes nothing here",)
    return preference


def course_of(context: RequestContext, model: Model, fields: Any) -> PlanTemplate:
    """The plan of one of several jobs that a request begins, chosen as for a request by itself.

    Raises:
        ErrorResponse: an error response is preferred; it applies to the whole request.
    """
    preference = preferred(context.request.joined(b"prefer"))
    return _with_result(
        context, _template(context, preference or _default_preference(context, model, fields)), model, fields
    )


def _with_result(context: RequestContext, template: PlanTemplate, model: Model | None, body: Any) -> PlanTemplate:
    """The course with the result of one's own that a rule gives the job, if any."""
    if not context.provider.rules.all:
        return template
    result = context.provider.rules.result(fault_selection.traits_of(context, model=model, body=body))
    return template if result is None else replace(template, fields={**template.fields, OWN_RESULT: result})


def _template(context: RequestContext, preference: Preference) -> PlanTemplate:
    if preference is context.provider.default:
        return context.provider.default_template
    _raise_error_response(context, preference)
    return context.provider.templates.template(preference.scenario, code=preference.code)


def _raise_error_response(context: RequestContext, preference: Preference) -> None:
    """See that the provider has what is wished, and refuse where that is what is wished."""
    check_preference(context.provider.contract, preference)
    row = refusal(context.provider.contract, preference)
    if row is not None:
        raise ErrorResponse(row.name)


def _default_preference(context: RequestContext, model: Model | None, body: Any) -> Preference:
    """What the rules, the key or the default prefer for a job of this model with this body."""
    if context.provider.rules.all:
        preference = context.provider.rules.preference(fault_selection.traits_of(context, model=model, body=body))
        if preference is not None:
            return preference
    own = context.caller.scenario if context.caller else None
    return Preference(own) if own else context.provider.default


def _validate(context: RequestContext) -> None:
    """Query, body and model input against the contract; all violations together."""
    operation = context.operation
    if operation.query:
        context.query = context.provider.queries.read(operation, context.request.query)
    found = context.provider.queries.body_violations(operation, context.body)
    if not found and context.model is not None and operation.body == "json":
        context.fields, found = _model_input(context, context.model)
    if found:
        raise ErrorResponse("invalid-body", violations=found)


def _model_input(context: RequestContext, model: Model) -> tuple[Mapping[str, Any], Violations]:
    prefix = context.operation.input_path
    fields = context.body
    for step in prefix:
        fields = fields.get(step) if isinstance(fields, dict) else None
    schema = model.routes.get(context.operation.route, model.schema) if model.routes else model.schema
    validator = context.provider.contract.schemas.validator(schema)
    if isinstance(fields, dict) and validator.is_valid(fields):
        return fields, NONE
    return {}, context.provider.queries.known.find(validator, fields, prefix=prefix)


def refuse(context: RequestContext, error: ErrorResponse) -> Response:
    """The provider's own error response, or the fault in its place."""
    if context.faults is None:  # rejected before faults were chosen
        prefer = context.request.joined(b"prefer")
        context.notes += () if prefer is None else tuple(ignored(prefer))
        try:
            fault_selection.choose(context, prefer)
        except Unanswered as unanswered:
            return _noted(context, unanswered.response, None)
        except FaultError as wrong:
            return _unknown_wish(context, wrong)
        except ErrorResponse as instead:
            error = instead
    row: ErrorRow = context.provider.contract.errors[error.row]
    response = context.provider.adapter.refuse(context, row, error)
    if error.headers:
        response = Response(response.status, response.body, response.headers + error.headers)
    return _noted(context, response, row.name, error.violations or error.journal_violations)


def _unknown_wish(context: RequestContext, wrong: OptionError) -> Response:
    title = "Unknown fault" if isinstance(wrong, FaultError) else "Unknown scenario"
    response = problem(400, title, str(wrong), more={"asked": wrong.value, "valid": list(wrong.nearest)})
    context.faults, context.applied = NO_FAULTS, ()
    return _noted(context, response, None)


def _broken(context: RequestContext, broken: Exception) -> Response:
    trace = "".join(traceback.format_exception(broken))
    text = context.provider.capture.report(
        context, f"{context.request.method} {context.request.path} failed inside of mockreel; this is a bug"
    )
    logging.getLogger("mockreel").error("%s\n%s", text, context.provider.capture.report(context, trace).rstrip())
    return refuse(context, ErrorResponse("internal-error"))


async def _later(context: RequestContext, answer: Awaitable[Response]) -> Response:
    try:
        response = await answer
    except ErrorResponse as error:
        return refuse(context, error)
    except Exception as broken:
        return _broken(context, broken)
    return _noted(context, response, None)


def _noted(context: RequestContext, response: Response, row: str | None, found: tuple[Violation, ...] = ()) -> Response:
    """The response as it is played, written into the journal."""
    provider = context.provider
    if context.applied:
        applied = (b"preference-applied", ", ".join(context.applied).encode("latin-1", "replace"))
        response = Response(response.status, response.body, (*response.headers, applied), response.fault)
    if context.faults is not NO_FAULTS:
        response = fault_selection.with_fault(context, response)
    note = provider.capture.entry if provider.settings.keep_bodies else provider.capture.line
    provider.journal.note(note(context, response, row=row, found=found))
    return response
