"""Rules: which requests are answered how, in the order of their setting."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from understudy.directions import Wish, check_wish, refusal
from understudy.errors import OptionError
from understudy.part import Part
from understudy.server.control.asking import json_object
from understudy.server.control.row import Row
from understudy.stage import Stage


async def list_rules(stage: Stage, _: Request) -> Any:
    return {"rules": [rule.row() for rule in stage.rules.all]}


async def add_rule(stage: Stage, request: Request) -> Any:
    """`{scenario, code?, provider?, model?, prompt?, nth?}`; the rules are asked in the order of their setting."""
    body = await json_object(request)
    unknown = sorted(set(body) - {"scenario", "code", "provider", "model", "prompt", "nth"})
    if unknown or not isinstance(body.get("scenario"), str):
        raise OptionError("rule", body, ["scenario", "code", "provider", "model", "prompt", "nth"])
    conditions = {key: body[key] for key in ("provider", "model", "prompt", "nth") if body.get(key) is not None}
    _check_conditions(conditions)
    code = body.get("code")
    wish = Wish(body["scenario"], None if code is None else str(code))
    provider = body.get("provider")
    parts = [stage.part(provider)] if provider is not None else list(stage.parts.values())
    _check(wish, parts)
    if "model" in conditions:
        conditions["model"] = _model_id(conditions["model"], parts)
    return stage.rules.add(wish, **conditions).row()


def _check(wish: Wish, parts: list[Part]) -> None:
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


async def clear_rules(stage: Stage, _: Request) -> Any:
    stage.rules.all.clear()
    return {"rules": []}


async def remove_rule(stage: Stage, request: Request) -> Any:
    found = request.path_params["id"]
    if not stage.rules.remove(found):
        raise OptionError("rule", found, [str(rule.id) for rule in stage.rules.all])
    return {"rules": [rule.row() for rule in stage.rules.all]}


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


ROWS = (
    Row("GET", "rules", list_rules),
    Row("POST", "rules", add_rule),
    Row("DELETE", "rules", clear_rules),
    Row("DELETE", "rules/{id:int}", remove_rule),
)
