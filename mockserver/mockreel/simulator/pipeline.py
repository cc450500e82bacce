"""The way of a request, from the path it asks for to the handler that answers it.

Every step fills in the call; every early end is an error row of the provider, told in its own words.
"""

import logging
import traceback
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mockreel.contract import ErrorRow, Model, Operation
from mockreel.contract.messages import body as bodies
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.key_location import field_of, key_at
from mockreel.contract.messages.message import Reply, Request, problem
from mockreel.contract.validation import Violation, violations
from mockreel.engine.accounts.account import Caller
from mockreel.engine.artifacts.own_result import OWN_RESULT
from mockreel.engine.faults import NO_FAULTS
from mockreel.engine.jobs.lifecycle import Course
from mockreel.engine.scenarios.preferences import Wish, check_wish, ignored, preferred, refusal
from mockreel.errors import AccountsFull, FaultError, OptionError
from mockreel.simulator import fault_selection, files
from mockreel.simulator.adapter import Answer
from mockreel.simulator.context import Call, Unanswered

if TYPE_CHECKING:
    from mockreel.simulator.provider import Part

# Paths of the stand-in itself on a provider's port: clips, uploads, and the control API where it is mounted.
OWN_PATHS = "/_mockreel/"


def answer(part: "Part", request: Request) -> Answer:
    """The reply to one request, or an awaitable of it where the answer must wait for the clock."""
    call = Call(part, request, part.clock.now())
    part.base_url = request.base_url
    try:
        answer = perform(call)
    except Refused as refused:
        return refuse(call, refused)
    except Unanswered as unanswered:
        return _noted(call, unanswered.reply, None)
    except OptionError as wrong:
        return _unknown_wish(call, wrong)
    except Exception as broken:
        return _broken(call, broken)
    if isinstance(answer, Reply):
        return _noted(call, answer, None)
    return _later(call, answer)


def perform(call: Call) -> Answer:
    """The story: which operation, what was sent, who are you, which model, what happens, is it well-formed."""
    if call.request.path.startswith(OWN_PATHS):
        fault_selection.choose(call, call.request.joined(b"prefer"))
        return files.serve(call.part, call.request)
    _find_operation(call)
    spoilt = _read(call)
    _find_caller(call)
    if spoilt is not None:
        raise spoilt
    _find_model(call)
    _direct(call)
    _validate(call)
    return call.part.player.handlers[call.operation.id](call)


def _find_operation(call: Call) -> None:
    found = call.part.contract.router.find(call.request.path)
    if found is None:
        _hint(call)
        raise Refused("unknown-path", values={"path": call.request.path})
    operation = found.methods.get(call.request.method)
    if operation is None and call.request.method == "HEAD":
        operation = found.methods.get("GET")
    if operation is None:
        allowed = ", ".join(sorted(found.methods))
        raise Refused(
            "wrong-method",
            values={"method": call.request.method, "path": call.request.path, "allowed": allowed},
            headers=((b"allow", allowed.encode()),),
        )
    call.operation = operation
    call.params = found.params


def _hint(call: Call) -> None:
    """Note what an unknown path probably meant."""
    part, request = call.part, call.request
    found = part.hints.about(request.method, request.path, asked=part) if part.hints else None
    if found is not None:
        call.notes += (found,)


def _read(call: Call) -> Refused | None:
    """Read the query and the body; what cannot be read is told only to who may know."""
    if len(call.request.body) > call.part.settings.max_body:
        raise Refused("body-too-large", values={"limit": call.part.settings.max_body})
    unpacked = False
    try:
        if call.request.body and (known := call.part.contract.wire.get("request_codings")):
            unpacked = bodies.unpack(call.request, known, most=call.part.settings.max_body)
        call.body = bodies.read_body(call.request, call.operation, unpacked=unpacked)
    except Refused as spoilt:
        return spoilt
    return None


def _find_caller(call: Call) -> None:
    places = call.operation.key
    if not places:
        return
    for place in places:
        if key := key_at(place, call):
            break
    else:
        raise Refused("no-key")
    call.key = key
    try:
        caller = call.part.keyring.find(key)
    except AccountsFull as full:
        raise Unanswered(problem(403, "Too many accounts", str(full))) from full
    if caller is None:
        raise Refused("wrong-key")
    _allow(call.operation, caller)
    call.caller = caller


def _allow(operation: Operation, caller: Caller) -> None:
    scopes = caller.scopes
    if operation.admin and not caller.admin:
        raise Refused("forbidden", values={"scope": "admin"})
    if operation.scope is not None and scopes is not None and operation.scope not in scopes:
        raise Refused("forbidden", values={"scope": operation.scope})


def _find_model(call: Call) -> None:
    place = call.operation.model
    if place is None:
        return
    name = call.params.get(place.name) if place.kind == "path" else field_of(call.body, place.name)
    if place.kind == "body" and not isinstance(name, str):
        return  # the schema says what is wrong with it
    call.model = call.part.contract.names_at[call.operation.id].get(str(name))
    if call.model is None and not (call.operation.strangers and name not in call.part.contract.names):
        if place.kind == "path":
            _hint(call)
        raise Refused("unknown-model", values={"model": name})
    if call.part.contract.additions.accept_unknown and call.model and call.model.id not in call.part.contract.models:
        call.notes += (f"the model {call.model.id!r} is unknown, and accepted with any input; its price is unknown",)


def _direct(call: Call) -> None:
    """Choose the course of the job, or play the refusal that is wished."""
    prefer, wish, caller = call.request.joined(b"prefer"), None, call.caller
    if prefer is None and caller is not None and caller.faults is None and not call.part.rules.all:
        call.faults = NO_FAULTS  # nobody wants anything: the usual case, and the fast one
    else:
        fault_selection.choose(call, prefer)
        wish = _wish(call, prefer)
    if call.operation.submits:
        course = _course(call, wish or _standing_wish(call, call.model, call.body))
        call.course = _with_result(call, course, call.model, call.body)
    elif wish is not None:
        _play_refusal(call, wish)


def _wish(call: Call, prefer: bytes | None) -> Wish | None:
    """What the client prefers; what of it changes nothing is noted."""
    if prefer is None:
        return None
    call.notes += tuple(ignored(prefer))
    wish = preferred(prefer)
    if wish is None or wish.scenario not in call.part.contract.scenarios.names:
        return wish
    begins = call.operation.submits or "callbacks" in call.operation.raw
    if begins or wish.scenario in call.part.contract.scenarios.requests:
        call.applied += (f"scenario={wish.scenario}",)
    else:
        call.notes += (f"scenario={wish.scenario} is for requests that begin a job, and changes nothing here",)
    return wish


def course_of(call: Call, model: Model, fields: Any) -> Course:
    """The course of one of several jobs that a call begins, chosen as for a call of its own.

    Raises:
        Refused: what is wished is a refusal; it is the whole call's then.
    """
    wish = preferred(call.request.joined(b"prefer"))
    return _with_result(call, _course(call, wish or _standing_wish(call, model, fields)), model, fields)


def _with_result(call: Call, course: Course, model: Model | None, body: Any) -> Course:
    """The course with the result of one's own that a rule gives the job, if any."""
    if not call.part.rules.all:
        return course
    result = call.part.rules.result(fault_selection.asked_of(call, model=model, body=body))
    return course if result is None else replace(course, fields={**course.fields, OWN_RESULT: result})


def _course(call: Call, wish: Wish) -> Course:
    if wish is call.part.default:
        return call.part.default_course
    _play_refusal(call, wish)
    return call.part.courses.course(wish.scenario, code=wish.code)


def _play_refusal(call: Call, wish: Wish) -> None:
    """See that the provider has what is wished, and refuse where that is what is wished."""
    check_wish(call.part.contract, wish)
    row = refusal(call.part.contract, wish)
    if row is not None:
        raise Refused(row.name)


def _standing_wish(call: Call, model: Model | None, body: Any) -> Wish:
    """What the rules, the key or the default want of a job for this model with this body."""
    if call.part.rules.all:
        wish = call.part.rules.wish(fault_selection.asked_of(call, model=model, body=body))
        if wish is not None:
            return wish
    own = call.caller.scenario if call.caller else None
    return Wish(own) if own else call.part.default


def _validate(call: Call) -> None:
    """Query, body and model input against the contract; all violations together."""
    operation = call.operation
    if operation.query:
        call.query = call.part.queries.read(operation, call.request.query)
    found = call.part.queries.body_violations(operation, call.body)
    if not found and call.model is not None and operation.body == "json":
        call.fields, found = _model_input(call, call.model)
    if found:
        raise Refused("invalid-body", violations=found)


def _model_input(call: Call, model: Model) -> tuple[Mapping[str, Any], tuple[Violation, ...]]:
    prefix = call.operation.input_path
    fields = call.body
    for step in prefix:
        fields = fields.get(step) if isinstance(fields, dict) else None
    schema = model.routes.get(call.operation.route, model.schema) if model.routes else model.schema
    validator = call.part.contract.schemas.validator(schema)
    if isinstance(fields, dict) and validator.is_valid(fields):
        return fields, ()
    return {}, violations(validator, fields, prefix=prefix)


def refuse(call: Call, refused: Refused) -> Reply:
    """The provider's own words for a refusal, or what a fault puts in their place."""
    if call.faults is None:  # refused before anybody asked for faults
        prefer = call.request.joined(b"prefer")
        call.notes += () if prefer is None else tuple(ignored(prefer))
        try:
            fault_selection.choose(call, prefer)
        except Unanswered as unanswered:
            return _noted(call, unanswered.reply, None)
        except FaultError as wrong:
            return _unknown_wish(call, wrong)
        except Refused as instead:
            refused = instead
    row: ErrorRow = call.part.contract.errors[refused.row]
    reply = call.part.player.refuse(call, row, refused)
    if refused.headers:
        reply = Reply(reply.status, reply.body, reply.headers + refused.headers)
    return _noted(call, reply, row.name, refused.violations or refused.told)


def _unknown_wish(call: Call, wrong: OptionError) -> Reply:
    title = "Unknown fault" if isinstance(wrong, FaultError) else "Unknown scenario"
    reply = problem(400, title, str(wrong), more={"asked": wrong.value, "valid": list(wrong.nearest)})
    call.faults, call.applied = NO_FAULTS, ()
    return _noted(call, reply, None)


def _broken(call: Call, broken: Exception) -> Reply:
    trace = "".join(traceback.format_exception(broken))
    told = call.part.noting.told(
        call, f"{call.request.method} {call.request.path} failed inside of mockreel; this is a bug"
    )
    logging.getLogger("mockreel").error("%s\n%s", told, call.part.noting.told(call, trace).rstrip())
    return refuse(call, Refused("internal-error"))


async def _later(call: Call, answer: Awaitable[Reply]) -> Reply:
    try:
        reply = await answer
    except Refused as refused:
        return refuse(call, refused)
    except Exception as broken:
        return _broken(call, broken)
    return _noted(call, reply, None)


def _noted(call: Call, reply: Reply, row: str | None, found: tuple[Violation, ...] = ()) -> Reply:
    """The reply as it is played, written into the journal."""
    part = call.part
    if call.applied:
        applied = (b"preference-applied", ", ".join(call.applied).encode("latin-1", "replace"))
        reply = Reply(reply.status, reply.body, (*reply.headers, applied), reply.fault)
    if call.faults is not NO_FAULTS:
        reply = fault_selection.played(call, reply)
    note = part.noting.entry if part.settings.keep_bodies else part.noting.line
    part.journal.note(note(call, reply, row=row, found=found))
    return reply
