"""Set a rule as it was written: by the control API, on the command line, by a test. One place checks it."""

from collections.abc import Iterable, Mapping
from typing import Any

from mockreel.engine.artifacts.own_result import OwnResult
from mockreel.engine.faults import Fault, read_fault
from mockreel.engine.faults.fault import word
from mockreel.engine.scenarios.preferences import Wish, check_fault, check_wish, refusal
from mockreel.engine.scenarios.rules import CONDITIONS, Rule, Rules
from mockreel.errors import OptionError
from mockreel.simulator.provider import Part

WANTED = ("scenario", "fault", "result")
FIELDS = ("scenario", "code", "fault", "result", *CONDITIONS)


def set_rule(rules: Rules, parts: Mapping[str, Part], given: Mapping[str, Any], *, files: bool = False) -> Rule:
    """One more rule, as JSON writes it: `{"fault": "reset", "operation": "get_run", "nth": 2}`.

    It wants a `scenario` (with a `code`, perhaps), a `fault` (as text or as a mapping) or a `result` of one's own
    (JSON, a URL, a `data:` URI; a path only where `files` says so); its conditions are those of `mockreel.rules`.
    What is null counts as left out.

    Raises:
        OptionError: a field, a value, or what is wanted does not exist where the rule can apply.
    """
    asked = {name: value for name, value in given.items() if value is not None}
    if set(asked) - set(FIELDS) or len([name for name in WANTED if name in asked]) != 1:
        raise OptionError("rule", dict(given), FIELDS, then="It has a scenario, a fault or a result: one of them.")
    conditions = {name: asked[name] for name in CONDITIONS if name in asked}
    _check(conditions)
    places = [_part(parts, conditions["provider"])] if "provider" in conditions else list(parts.values())
    if "model" in conditions:
        conditions["model"] = _model_id(conditions["model"], places)
    if "operation" in conditions:
        _check_operation(conditions["operation"], places)
    if "result" in asked:
        if "code" in asked:
            raise OptionError("code with a result", asked["code"], then="Only a scenario takes a code.")
        result = rules.results.keep(asked["result"], files=files)
        _one_can(places, lambda part: _check_result(part, result))
        return rules.add(result, **conditions)
    return rules.add(_wanted(asked, places), **conditions)


def set_results(rules: Rules, parts: Mapping[str, Part], given: Any) -> None:
    """A rule without conditions from a result as the command line or a test gives it, a path too; None is no rule.

    Raises:
        OptionError: as of `set_rule`.
    """
    if given is not None:
        set_rule(rules, parts, {"result": given}, files=True)


def _check_result(part: Part, result: OwnResult) -> None:
    """See that a provider can answer with a result of one's own.

    Raises:
        OptionError: it is JSON, and the contract does not say where a result stands in a reply.
    """
    if result.body is not None and not part.contract.wire.get("own_output", False):
        then = f"For {part.name}, give a file or a URL: its contract does not say which part of a reply JSON replaces."
        raise OptionError("result", result.text[:40], then=then)


def set_faults(rules: Rules, parts: Mapping[str, Part], given: Iterable[Any]) -> list[Rule]:
    """Rules from faults with their conditions, each as text (`reset; operation=get_run; nth=2`) or as a mapping.

    Raises:
        OptionError: as of `set_rule`.
    """
    return [set_rule(rules, parts, _split(one)) for one in given]


def _split(given: Any) -> Mapping[str, Any]:
    """The rule for a fault in which its conditions stand among its parameters."""
    if isinstance(given, str):
        name, *rest = given.split(";")
        given = {"name": name.strip(), **dict(word(part) for part in rest if part.strip())}
    if not isinstance(given, Mapping):
        read_fault(given)  # says what is wrong with it
    conditions = {name: given[name] for name in CONDITIONS if name in given}
    return {"fault": {name: value for name, value in given.items() if name not in CONDITIONS}, **conditions}


def _wanted(asked: Mapping[str, Any], parts: list[Part]) -> Wish | Fault:
    """What the rule wants: playable by its provider, or by at least one."""
    if "fault" in asked:
        if "code" in asked:
            raise OptionError("code with a fault", asked["code"], then="Only a scenario takes a code.")
        fault = read_fault(asked["fault"])
        _one_can(parts, lambda part: check_fault(part.contract, fault))
        return fault
    if not isinstance(asked["scenario"], str):
        raise OptionError("scenario", asked["scenario"], ["a text"])
    code = asked.get("code")
    wish = Wish(asked["scenario"], None if code is None else str(code))
    _one_can(parts, lambda part: check_playable(part, wish))
    return wish


def check_playable(part: Part, wish: Wish) -> None:
    """See that a provider can play a scenario with its code.

    Raises:
        OptionError: it has no such scenario, failure or error row.
    """
    check_wish(part.contract, wish)
    if refusal(part.contract, wish) is None:
        part.courses.course(wish.scenario, code=wish.code)


def _one_can(parts: list[Part], check: Any) -> None:
    problems = []
    for part in parts:
        try:
            check(part)
        except OptionError as wrong:
            problems.append(wrong)
        else:
            return
    raise problems[0]


def _check(conditions: dict[str, Any]) -> None:
    """See that each condition has the right type; numbers may come as text."""
    for name in ("provider", "model", "operation", "prompt"):
        if name in conditions and not isinstance(conditions[name], str):
            raise OptionError(name, conditions[name], ["a text"])
    if "nth" in conditions:
        conditions["nth"] = _nth(conditions["nth"])
    if "probability" in conditions:
        conditions["probability"] = _probability(conditions["probability"])


def _nth(given: Any) -> int:
    number = int(given) if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 19 else given
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise OptionError("nth", given, ["a whole number from 1 up"])
    return number


def _probability(given: Any) -> float:
    try:
        number = -1.0 if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise OptionError("probability", given, ["a number from 0 to 1"])
    return number


def _part(parts: Mapping[str, Part], name: str) -> Part:
    if name not in parts:
        raise OptionError("provider", name, parts)
    return parts[name]


def _model_id(name: str, parts: list[Part]) -> str:
    """The id of the model that a rule names, perhaps by an alias; a model that nobody has would never fit."""
    for part in parts:
        if name in part.contract.names:
            return part.contract.names[name].id
    raise OptionError("model", name, [known for part in parts for known in part.contract.names])


def _check_operation(name: str, parts: list[Part]) -> None:
    known = [operation.id for part in parts for operation in part.contract.operations]
    if name not in known:
        raise OptionError("operation", name, known)
