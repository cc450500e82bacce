"""The control API: the clock, the rules, and what happened. Not for strangers."""

import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from understudy import __version__, artifacts
from understudy.callbacks import Delivery
from understudy.directions import Wish, check_wish, refusal
from understudy.errors import OptionError, UnderstudyError
from understudy.jobs import Job
from understudy.messages import problem
from understudy.part import Part
from understudy.stage import Stage
from understudy.way import OWN_PATHS

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_BYTES = 1024 * 1024  # of a body; what the control API is told is small


class Guard:
    """Admits to the control API only who may: by Host, Origin, and a token where one is set.

    Args:
        app: what is guarded.
        hosts: the host names under which it may be asked; None admits any (a mounted app that the user guards).
        token: what `Authorization: Bearer` must carry; none needed if None.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: frozenset[str] | None = LOOPBACK_NAMES, token: str | None = None
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = self._reason(scope) if scope["type"] == "http" else None
        if reason is None:
            await self._app(scope, receive, send)
            return
        reply = problem(403, "Not admitted", reason)
        await Response(reply.body, reply.status, media_type="application/problem+json")(scope, receive, send)

    def _reason(self, scope: Scope) -> str | None:
        hosts = _values(scope, b"host")
        if self._hosts is not None and (len(hosts) != 1 or _parts("//" + hosts[0]).hostname not in self._hosts):
            return f"The control API is asked under a loopback name, not {', '.join(hosts) or 'none'!r}."
        for origin in _values(scope, b"origin"):
            if [_parts(origin).netloc] != hosts:
                return f"The control API does not answer pages of {origin!r}."
        if self._token is not None and not self._knows(_values(scope, b"authorization")):
            return "Off loopback the control API needs its token: Authorization: Bearer TOKEN."
        return None

    def _knows(self, authorizations: list[str]) -> bool:
        wanted = f"Bearer {self._token}".encode()
        return any(hmac.compare_digest(given.encode(), wanted) for given in authorizations)


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket without its other half
        return SplitResult("", "", "", "", "")
    return parts


class Control:
    """The handlers of the control API over one stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def routes(self) -> list[Route]:
        """Every route, below the stand-in's own path."""
        table: Mapping[str, tuple[str, Callable[..., Any]]] = {
            "": ("GET", self.about),
            "clock": ("GET", self.clock),
            "clock/hold": ("POST", self.hold),
            "clock/resume": ("POST", self.resume),
            "clock/speed": ("POST", self.speed),
            "clock/advance": ("POST", self.advance),
            "scenarios": ("GET", self.scenarios),
            "readings": ("GET", self.readings),
            "jobs": ("GET", self.jobs),
            "deliveries": ("GET", self.deliveries),
            "journal": ("GET", self.journal),
        }
        routes = [
            Route(OWN_PATHS + path, _plain(handler), methods=[method]) for path, (method, handler) in table.items()
        ]
        rules = OWN_PATHS + "rules"
        return [
            *routes,
            Route(rules, _plain(self.rules), methods=["GET"]),
            Route(rules, _plain(self.add_rule), methods=["POST"]),
            Route(rules, _plain(self.clear_rules), methods=["DELETE"]),
            Route(rules + "/{id:int}", _plain(self.remove_rule), methods=["DELETE"]),
        ]

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
        ran = await self._stage.advance(_number(await _json(request), "seconds"))
        return {**self._clock(), "ran": ran}

    async def scenarios(self, _: Request) -> Any:
        return {part.name: _scenarios(part) for part in self._stage.parts.values()}

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
        return {"jobs": [_job(part, job) for part, job in found[:limit]]}

    async def deliveries(self, request: Request) -> Any:
        """The newest deliveries first, with every attempt."""
        limit = _limit(request)
        found = [(part, one) for part in self._chosen(request) for one in list(part.deliveries)[-limit:]]
        found.sort(key=lambda pair: -pair[1].created)
        return {"deliveries": [_delivery(part, one) for part, one in found[:limit]]}

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


def _scenarios(part: Part) -> Mapping[str, Any]:
    scenarios = part.contract.scenarios
    return {
        "default": scenarios.default,
        "jobs": {name: list(scenario.states) for name, scenario in scenarios.jobs.items()},
        "requests": {name: scenario.row for name, scenario in scenarios.requests.items()},
        "failure_codes": {name: failure.code for name, failure in part.contract.failures.items()},
        "error_codes": {name: row.code for name, row in part.contract.errors.items()},
    }


def _job(part: Part, job: Job) -> Mapping[str, Any]:
    now = part.clock.now()
    failure = job.failure(now)
    return {
        "provider": part.name,
        "id": job.id,
        "account": job.account.name,
        "model": job.model.id if job.model else None,
        "operation": job.kind,
        "created": job.created,
        "ends": job.ends,
        "state": job.state(now).name,
        "passed": [{"state": state.name, "word": state.word, "at": at} for state, at in job.passed(now)],
        "failure": failure.name if failure else None,
        "clip": _clip(part, job, now),
    }


def _clip(part: Part, job: Job, now: float) -> Mapping[str, Any] | None:
    """What a job that has succeeded made; `says` tells where that is not quite what was asked."""
    if job.state(now).kind not in ("succeeded", "partial"):
        return None
    artifact = artifacts.of_job(part, job)
    return {"url": artifact.url, "file": artifact.clip.name, "says": artifact.clip.says}


def _delivery(part: Part, delivery: Delivery) -> Mapping[str, Any]:
    return {
        "provider": part.name,
        "id": delivery.id,
        "subject": delivery.subject,
        "kind": delivery.kind,
        "event": delivery.event,
        "url": delivery.url,
        "status": delivery.status,
        "reason": delivery.reason,
        "created": delivery.created,
        "next_at": delivery.next_at,
        "attempts": [
            {
                "number": attempt.number,
                "at": attempt.at,
                "ended": attempt.ended,
                "status": attempt.outcome.status,
                "error": attempt.outcome.error,
                "detail": attempt.outcome.detail,
            }
            for attempt in delivery.attempts
        ],
    }
