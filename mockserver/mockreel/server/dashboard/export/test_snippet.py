"""An exchange as a test: pytest, our plugin, and what the exchange depends on, so that it passes unchanged.

Nothing that a client sent is outside a Python literal.
"""

import keyword
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pprint import pformat
from typing import Any

import orjson

from mockreel.contract.operations import Place
from mockreel.engine.artifacts.artifact import MEDIA
from mockreel.engine.jobs.job import Job
from mockreel.engine.journal.journal import Entry, Journal
from mockreel.server.dashboard.export.journal_request import WRONG_KEY, JournaledRequest, journaled_request
from mockreel.server.dashboard.export.replayed_preferences import (
    OWN_FAULTS,
    breaks_off,
    by_hand,
    ending,
    faults_of,
    preference,
)
from mockreel.server.dashboard.export.request_origins import Origin, own_id, steps_before
from mockreel.simulator.cooperative_work import finish
from mockreel.simulator.provider import Provider

# Seconds of the mock server between two looks at a job that must come to a state, and how often is looked.
_STEP, _MOST_STEPS = 0.05, 2000


class _Name(str):
    """A text that is shown as a name in code."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(slots=True)
class _Names:
    """The variables of a test, by their values."""

    of: dict[str, str] = field(default_factory=dict)

    def add(self, value: str, wish: str) -> str:
        """A name for a value, near to the one that is wished."""
        plain = re.sub(r"\W", "_", wish, flags=re.ASCII) or "value"
        plain = f"{plain}_" if keyword.iskeyword(plain) or plain in ("mockreel", "reply", "httpx2") else plain
        plain = f"value_{plain}" if plain[0].isdigit() else plain
        used = set(self.of.values())
        name = next(
            found for count in range(1, 1000) if (found := plain if count == 1 else f"{plain}_{count}") not in used
        )
        self.of[value] = name
        return name


def snippet(provider: Provider, journal: Journal, entry: Entry) -> str:
    """A test that repeats an exchange, and the earlier ones that it depends on."""
    return finish(written_snippet(provider, journal, entry))


def written_snippet(provider: Provider, journal: Journal, entry: Entry) -> Generator[None, None, str]:
    """The same in steps, as all exchanges before it are looked through."""
    names = _Names()
    lines: list[str] = []
    before = () if entry.row in OWN_FAULTS else (yield from steps_before(provider, journal, entry))
    for step in before:
        lines += [*_until(provider, step.entry, names), *_request(journaled_request(provider, step.entry), names)]
        lines.append("assert reply.is_success, reply.text")
        lines += [f"{names.add(origin.value, origin.name)} = {_found(origin)}" for origin in step.gives]
        lines.append("")
    lines += [
        *_until(provider, entry, names),
        *_request(journaled_request(provider, entry), names, damaged=True),
        *_asserts(provider, entry),
    ]
    return _module(provider, entry, lines)


def _module(provider: Provider, entry: Entry, lines: list[str]) -> str:
    chosen = {
        f"{provider.name}:{name}": option
        for name, option in provider.contract.chosen.items()
        if option != provider.contract.readings[name].default
    }
    options = {"providers": provider.name, **({"readings": chosen} if chosen else {})}
    marker = ", ".join(f"{name}={value!r}" for name, value in options.items())
    what = entry.operation or "unknown_operation"
    ending = "is_answered" if entry.row is None else f"is_refused_as_{entry.row}"
    body = "\n".join(f"    {line}" if line else "" for line in "\n".join(lines).split("\n"))
    name = re.sub(r"\W", "_", f"test_{what}_{ending}", flags=re.ASCII)
    return f"import httpx2\nimport pytest\n\n\n@pytest.mark.mockreel({marker})\ndef {name}(mockreel):\n{body}\n"


def _found(origin: Origin) -> str:
    """The value in the response; a number as paths contain it."""
    place = "".join(f"[{step!r}]" for step in origin.steps)
    return f"str(reply.json(){place})"


def _until(provider: Provider, entry: Entry, names: _Names) -> Iterator[str]:
    """Advance the mock server's clock until the job is where it was."""
    id_ = own_id(entry) if entry.path.startswith(MEDIA) else entry.job or ""
    job, name = provider.jobs.get(id_), names.of.get(id_)
    if job is None or name is None:
        return
    state = _state_before(provider, job, entry)
    if state == job.plan.states[0].name:
        return
    if state not in {one.name for one in job.plan.states} and by_hand(provider, job) and ending(provider, job) is None:
        yield "# The job was brought to its state by hand, which no scenario does."
        return
    yield f"for _ in range({_MOST_STEPS}):  # until the job is where it was"
    yield f"    if mockreel.changes(job={name})[-1].state == {state!r}:"
    yield "        break"
    yield f"    mockreel.advance({_STEP})"


def _state_before(provider: Provider, job: Job, entry: Entry) -> str:
    """The state of a job when a request arrived; a cancellation by the request itself comes after."""
    cut = job.intervention
    own = cut is not None and cut.at == entry.at and entry.operation == provider.contract.conversation.cancel
    return job.plan.states[job.plan.at(entry.at, created=job.created)].name if own else job.state(entry.at).name


def _request(request: JournaledRequest, names: _Names, *, damaged: bool = False) -> list[str]:
    """The call of the client; `damaged` where what befell it on purpose is to befall it again."""
    arguments = [repr(request.entry.method), _url(request, names)]
    headers = _headers(request, damaged=damaged)
    if headers:
        shown = ", ".join(f"{name!r}: {value}" for name, value in headers)
        arguments.append(f"headers={{{shown}}}")
    arguments += _body(request, names)
    notes = [f"# {lack}" for lack in request.lacks]
    inner = "".join(_indented(argument) for argument in arguments)
    if damaged and breaks_off(request.entry):
        inner = inner.replace("\n", "\n    ").rstrip(" ")
        return [*notes, "with pytest.raises(httpx2.TransportError):", f"    httpx2.request(\n    {inner}    )"]
    return [*notes, f"reply = httpx2.request(\n{inner})"]


def _indented(argument: str) -> str:
    return "    " + argument.replace("\n", "\n    ") + ",\n"


def _url(request: JournaledRequest, names: _Names) -> str:
    base = f"mockreel.{request.provider.name}.url"
    query = request.query
    text = request.path + (f"?{query}" if query else "")
    key = request.key
    if key is not None and key.kind == "query":
        joint = "&" if query else "?"
        return f"{base} + {_text(text + joint + key.name + '=', names)} + {_key(request)}"
    return f"{base} + {_text(text, names)}"


def _text(text: str, names: _Names) -> str:
    """A text as a literal, with variables for their values."""
    used = {value: name for value, name in names.of.items() if value in text}
    if not used:
        return repr(text)
    shown = repr(text.replace("{", "{{").replace("}", "}}"))
    for value, name in used.items():
        shown = shown.replace(value, f"{{{name}}}")
    return f"f{shown}"


def _key(request: JournaledRequest) -> str:
    """The key of the test's server, an admin's where it takes one."""
    if request.wrong_key:
        return repr(WRONG_KEY)
    own, roles = f"mockreel.{request.provider.name}.key", request.roles
    return own if roles is None else f"{own}.replace({roles[0]!r}, {roles[1]!r})"


def _headers(request: JournaledRequest, *, damaged: bool) -> list[tuple[str, str]]:
    """Names, and values as code."""
    found = []
    key = request.key
    if key is not None and key.kind == "header":
        code = _key(request)
        found.append((key.name, f'f"{key.scheme} {{{code}}}"' if key.scheme and '"' not in code else code))
    excluded = {"prefer", "content-type"} if request.kind in ("form", "json") else {"prefer"}
    own = [(name, value) for name, value in request.headers if name not in excluded]
    if request.kind == "json" and request.content_type.partition(";")[0].strip() != "application/json":
        own.append(("content-type", request.content_type))
    found += [(name, repr(value)) for name, value in own]
    wish = preference(request, damaged=damaged)
    return found if wish is None else [*found, ("prefer", repr(wish))]


def _body(request: JournaledRequest, names: _Names) -> Iterator[str]:
    entry = request.entry
    if request.kind == "json":
        yield f"json={pformat(_named(entry.json, request, names), width=100, sort_dicts=False)}"
    elif request.kind == "text":
        yield f"content={entry.body!r}"
    elif request.kind == "bytes":
        yield f"content=bytes({int(entry.json['bytes'])})"
    elif request.kind == "form":
        yield from _form(request, names)


def _named(value: Any, request: JournaledRequest, names: _Names, key: str | None = None) -> Any:
    """A JSON value with variables and the key in their places."""
    if isinstance(value, dict):
        return {name: _named(inner, request, names, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_named(inner, request, names) for inner in value]
    place: Place | None = request.key
    if place is not None and place.kind == "body" and key == place.name:
        return _Name(_key(request))
    return _Name(names.of[value]) if isinstance(value, str) and value in names.of else value


def _form(request: JournaledRequest, names: _Names) -> Iterator[str]:
    shown: Mapping[str, Any] = orjson.loads(request.entry.body)
    fields = _named(shown["fields"], request, names)
    if fields:
        yield f"data={fields!r}"
    if shown["files"]:
        files = {
            name: (str(file["filename"]), _Name(f"bytes({int(file['bytes'])})"), str(file["mime"]))
            for name, file in shown["files"].items()
        }
        yield f"files={files!r}"


def _asserts(provider: Provider, entry: Entry) -> Iterator[str]:
    """What the exchange had that any simulator repeats: its status, its code, its state."""
    if breaks_off(entry):
        return
    yield f"assert reply.status_code == {entry.status}, reply.text"
    if faults_of(entry).reply is not None:
        return
    reply = entry.reply_json
    places = provider.contract.conversation.codes if entry.row is not None else _states(provider, entry)
    for pointer in places:
        value = _at(reply, pointer)
        if isinstance(value, str | int):
            steps = "".join(f"[{step!r}]" for step in _steps(reply, pointer))
            yield f"assert reply.json(){steps} == {value!r}"
    if entry.violations:
        found = [(violation.pointer, violation.keyword) for violation in entry.violations]
        yield "(exchange,) = mockreel.journal.requests(status=reply.status_code)"
        shown = "[(one.pointer, one.keyword) for one in exchange.violations]"
        yield f"assert {shown} == {pformat(found, width=100)}"


def _states(provider: Provider, entry: Entry) -> tuple[str, ...]:
    talks = provider.contract.conversation.jobs.values()
    return tuple(talk.state for talk in talks if entry.operation == talk.poll)


def _steps(reply: Any, pointer: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in pointer.split("/")[1:]:
        key: str | int = part.replace("~1", "/").replace("~0", "~")
        steps.append(int(key) if isinstance(reply, list) else key)
        reply = reply[steps[-1]]
    return steps


def _at(reply: Any, pointer: str) -> Any:
    """The value at a pointer, or None."""
    try:
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            reply = reply[int(key)] if isinstance(reply, list) else reply[key]
    except (KeyError, IndexError, ValueError, TypeError):
        return None
    return reply
