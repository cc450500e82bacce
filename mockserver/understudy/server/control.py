"""The control API: the clock, the rules, and what happened. Not for strangers."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy import __version__
from understudy.directions import Wish, check_wish, refusal
from understudy.errors import OptionError, UnderstudyError
from understudy.messages import problem
from understudy.part import Part
from understudy.server.views import delivery_row, job_row, scenarios_row
from understudy.stage import Stage
from understudy.way import OWN_PATHS

MOST_BYTES = 1024 * 1024  # of a body; what the control API is told is small


Handler = Callable[[Request], Any]


class Control:
    """The handlers of the control API over one stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def routes(self) -> list[Route]:
        """Every route, below the stand-in's own path."""
        table: Sequence[tuple[str, str, Handler]] = (
            ("GET", "", self.about),
            ("GET", "clock", self.clock),
            ("POST", "clock/hold", self.hold),
            ("POST", "clock/resume", self.resume),
            ("POST", "clock/speed", self.speed),
            ("POST", "clock/advance", self.advance),
            ("GET", "scenarios", self.scenarios),
            ("GET", "readings", self.readings),
            ("GET", "jobs", self.jobs),
            ("GET", "deliveries", self.deliveries),
            ("GET", "journal", self.journal),
            ("GET", "rules", self.rules),
            ("POST", "rules", self.add_rule),
            ("DELETE", "rules", self.clear_rules),
            ("DELETE", "rules/{id:int}", self.remove_rule),
        )
        return [Route(OWN_PATHS + path, _plain(handler), methods=[method]) for method, path, handler in table]

    def app(self) -> Starlette:
        """The routes as an application; a path or method that it does not have is told what there is."""
        routes = self.routes()
        there = [f"{method} {route.path}" for route in routes for method in sorted(route.methods or ())]

        async def missing(request: Request, lack: Exception) -> Response:
            status = lack.status_code if isinstance(lack, HTTPException) else 404
            detail = f"There is no {request.method} {request.url.path}."
            reply = problem(status, "Not found", detail, more={"valid": there})
            return Response(reply.body, status, media_type="application/problem+json")

        return Starlette(routes=routes, exception_handlers={404: missing, 405: missing})

    async def about(self, _: Request) -> Any:
        parts = self._stage.parts.values()
        return {
            "understudy": __version__,
            "providers": {part.name: {"title": part.contract.title, "url": part.base_url or None} for part in parts},
            "clock": self._clock(),
        }

    def _clock(self) -> Mapping[str, Any]:
        clock, agenda = self._stage.clock, self._stage.agenda
        return {
            "now": clock.now(),
            "held": clock.held,
            "speed": clock.speed,
            "due": len(agenda),
            "next_due": agenda.next_due,
        }

    async def clock(self, _: Request) -> Any:
        return self._clock()

    async def hold(self, request: Request) -> Any:
        _no_form(request)
        self._stage.clock.hold()
        return self._clock()

    async def resume(self, request: Request) -> Any:
        _no_form(request)
        self._stage.clock.resume()
        return self._clock()

    async def speed(self, request: Request) -> Any:
        self._stage.clock.set_speed(_number(await _json(request), "speed"))
        return self._clock()

    async def advance(self, request: Request) -> Any:
        """Move the clock and run everything that falls due, in order; answers when it is settled."""
        seconds = _number(await _json(request), "seconds")
        try:
            ran = await self._stage.advance(seconds)
        except asyncio.CancelledError:
            if not self._stage.agenda.closing:
                raise
            reply = problem(503, "Stopping", "The stand-in was stopped before everything that fell due had ended.")
            return Response(reply.body, reply.status, media_type="application/problem+json")
        return {**self._clock(), "ran": ran}

    async def scenarios(self, _: Request) -> Any:
        return {part.name: scenarios_row(part) for part in self._stage.parts.values()}

    async def readings(self, _: Request) -> Any:
        return {
            part.name: {
                name: {
                    "question": reading.question,
                    "chosen": part.contract.chosen[name],
                    "default": reading.default,
                    "options": {option.name: option.says for option in reading.options.values()},
                }
                for name, reading in part.contract.readings.items()
            }
            for part in self._stage.parts.values()
        }

    async def jobs(self, request: Request) -> Any:
        """The newest jobs first; `limit` (100 unless told) and `provider` narrow them."""
        limit = _limit(request)
        found = [(part, job) for part in self._chosen(request) for job in list(part.jobs)[-limit:]]
        found.sort(key=lambda pair: -pair[1].created)
        return {"jobs": [job_row(part, job) for part, job in found[:limit]]}

    async def deliveries(self, request: Request) -> Any:
        """The newest deliveries first, with every attempt."""
        limit = _limit(request)
        found = [(part, one) for part in self._chosen(request) for one in list(part.deliveries)[-limit:]]
        found.sort(key=lambda pair: -pair[1].created)
        return {"deliveries": [delivery_row(part, one) for part, one in found[:limit]]}

    async def journal(self, request: Request) -> Any:
        """The newest exchanges first, each with every violation."""
        names = {part.name for part in self._chosen(request)}
        entries = [entry.shown() for entry in self._stage.journal if entry.provider in names]
        return {"count": self._stage.journal.count, "entries": entries[::-1][: _limit(request)]}

    async def rules(self, _: Request) -> Any:
        return {"rules": [rule.row() for rule in self._stage.rules.all]}

    async def add_rule(self, request: Request) -> Any:
        """`{scenario, code?, provider?, model?, prompt?, nth?}`; the rules are asked in the order of their setting."""
        body = await _json(request)
        unknown = sorted(set(body) - {"scenario", "code", "provider", "model", "prompt", "nth"})
        if unknown or not isinstance(body.get("scenario"), str):
            raise OptionError("rule", body, ["scenario", "code", "provider", "model", "prompt", "nth"])
        conditions = {key: body[key] for key in ("provider", "model", "prompt", "nth") if body.get(key) is not None}
        _check_conditions(conditions)
        code = body.get("code")
        wish = Wish(body["scenario"], None if code is None else str(code))
        provider = body.get("provider")
        parts = [self._stage.part(provider)] if provider is not None else list(self._stage.parts.values())
        self._check(wish, parts)
        if "model" in conditions:
            conditions["model"] = _model_id(conditions["model"], parts)
        return self._stage.rules.add(wish, **conditions).row()

    def _check(self, wish: Wish, parts: list[Part]) -> None:
        """A rule must be playable where it can apply: by its provider, or by at least one."""
        problems = []
        for part in parts:
            try:
                check_wish(part.contract, wish)
                if refusal(part.contract, wish) is None:
                    part.courses.course(wish.scenario, code=wish.code)
                return
            except OptionError as wrong:
                problems.append(wrong)
        raise problems[0]

    async def clear_rules(self, _: Request) -> Any:
        self._stage.rules.all.clear()
        return {"rules": []}

    async def remove_rule(self, request: Request) -> Any:
        number = request.path_params["id"]
        if not self._stage.rules.remove(number):
            raise OptionError("rule", number, [str(rule.id) for rule in self._stage.rules.all])
        return {"rules": [rule.row() for rule in self._stage.rules.all]}

    def _chosen(self, request: Request) -> list[Part]:
        name = request.query_params.get("provider")
        return [self._stage.part(name)] if name else list(self._stage.parts.values())


def _plain(handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """A handler that returns JSON values and raises our errors, as a Starlette endpoint."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await handler(request)
        except UnderstudyError as wrong:
            valid = list(getattr(wrong, "valid", ()))
            reply = problem(400, "Not understood", str(wrong), more={"valid": valid} if valid else None)
            return Response(reply.body, reply.status, media_type="application/problem+json")
        if isinstance(body, Response):
            return body
        return Response(orjson.dumps(body), media_type="application/json")

    return endpoint


async def _json(request: Request) -> dict[str, Any]:
    """The JSON object of a request; anything but JSON is refused, so that no form of another page gets in."""
    kind = _content_type(request)
    if kind != "application/json":
        raise OptionError("content type", kind, ["application/json"])
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BYTES:
            raise OptionError("body", f"more than {MOST_BYTES} bytes", ["a small JSON object"])
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        raise OptionError("body", str(wrong), ["a JSON object"]) from wrong
    if not isinstance(body, dict):
        raise OptionError("body", body, ["a JSON object"])
    return body


def _no_form(request: Request) -> None:
    """What needs no body may be asked without one, but not by a form."""
    kind = _content_type(request)
    if kind not in ("", "application/json"):
        raise OptionError("content type", kind, ["application/json", "none"])


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _number(body: Mapping[str, Any], name: str) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OptionError(name, value, ["a number"], then=f'Send {{"{name}": 3}}.')
    return float(value)


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "100")
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 10_000):
        raise OptionError("limit", text, ["a whole number from 1 to 10000"])
    return int(text)


def _model_id(name: str, parts: list[Part]) -> str:
    """The id of the model that a rule names, perhaps by an alias; a model that nobody has would never fit."""
    for part in parts:
        if name in part.contract.names:
            return part.contract.names[name].id
    raise OptionError("model", name, [known for part in parts for known in part.contract.names])


def _check_conditions(conditions: Mapping[str, Any]) -> None:
    for name in ("provider", "model", "prompt"):
        if name in conditions and not isinstance(conditions[name], str):
            raise OptionError(name, conditions[name], ["a text"])
    nth = conditions.get("nth", 1)
    if isinstance(nth, bool) or not isinstance(nth, int) or nth < 1:
        raise OptionError("nth", nth, ["a whole number from 1 up"])
