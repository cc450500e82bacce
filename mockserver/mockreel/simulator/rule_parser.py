"""Set a rule as it was written: by the control API, on the command line, by a test. One place checks it."""

from collections.abc import Iterable, Mapping
from typing import Any

from mockreel.engine.artifacts.own_result import OwnResult
from mockreel.engine.faults import Fault, read_fault
from mockreel.engine.faults.fault import word
from mockreel.engine.scenarios.preferences import Preference, check_fault, check_preference, refusal
from mockreel.engine.scenarios.rules import CONDITIONS, Rule, Rules
from mockreel.errors import OptionError
from mockreel.simulator.provider import Provider

WANTED = ("scenario", "fault", "result")
FIELDS = ("scenario", "code", "fault", "result", *CONDITIONS)


def set_rule(rules: Rules, providers: Mapping[str, Provider], given: Mapping[str, Any], *, files: bool = False) -> Rule:
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
    places = [_provider(providers, conditions["provider"])] if "provider" in conditions else list(providers.values())
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


def set_results(rules: Rules, providers: Mapping[str, Provider], given: Any) -> None:
    """A rule without conditions from a result as the command line or a test gives it, a path too; None is no rule.

    Raises:
        OptionError: as of `set_rule`.
    """
    if given is not None:
        set_rule(rules, providers, {"result": given}, files=True)


def _check_result(provider: Provider, result: OwnResult) -> None:
    """See that a provider can answer with a result of one's own.

    Raises:
        OptionError: it is JSON, and not of the type with which the provider's responses tell a result.
    """
    if result.body is None:
        return
    wanted = provider.contract.wire.get("own_output")
    if wanted is None:
        then = (
            f"For {provider.name}, give a file or a URL: its contract does not say which part of a reply JSON replaces."
        )
        raise OptionError("result", result.text[:40], then=then)
    if result.json_type != wanted:
        then = f"For {provider.name}, give a JSON {wanted}; `provider=` in a rule chooses one provider."
        raise OptionError("result", result.text[:40], then=then)


def set_faults(rules: Rules, providers: Mapping[str, Provider], given: Iterable[Any]) -> list[Rule]:
    """Rules from faults with their conditions, each as text (`reset; operation=get_run; nth=2`) or as a mapping.

    Raises:
        OptionError: as of `set_rule`.
    """
    return [set_rule(rules, providers, _split(one)) for one in given]


def _split(given: Any) -> Mapping[str, Any]:
    """The rule for a fault in which its conditions stand among its parameters."""
    if isinstance(given, str):
        name, *rest = given.split(";")
        given = {"name": name.strip(), **dict(word(part) for part in rest if part.strip())}
    if not isinstance(given, Mapping):
        read_fault(given)  # says what is wrong with it
    conditions = {name: given[name] for name in CONDITIONS if name in given}
    return {"fault": {name: value for name, value in given.items() if name not in CONDITIONS}, **conditions}


def _wanted(asked: Mapping[str, Any], providers: list[Provider]) -> Preference | Fault:
    """What the rule wants: playable by its provider, or by at least one."""
    if "fault" in asked:
        if "code" in asked:
            raise OptionError("code with a fault", asked["code"], then="Only a scenario takes a code.")
        fault = read_fault(asked["fault"])
        _one_can(providers, lambda part: check_fault(part.contract, fault))
        return fault
    if not isinstance(asked["scenario"], str):
        raise OptionError("scenario", asked["scenario"], ["a text"])
    code = asked.get("code")
    preference = Preference(asked["scenario"], None if code is None else str(code))
    _one_can(providers, lambda part: check_playable(part, preference))
    return preference


def check_playable(provider: Provider, preference: Preference) -> None:
    """See that a provider can play a scenario with its code.

    Raises:
        OptionError: it has no such scenario, failure or error row.
    """
    check_preference(provider.contract, preference)
    if refusal(provider.contract, preference) is None:
        provider.templates.template(preference.scenario, code=preference.code)


def _one_can(providers: list[Provider], check: Any) -> None:
    problems = []
    for provider in providers:
        try:
            check(provider)
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


def _provider(providers: Mapping[str, Provider], name: str) -> Provider:
    if name not in providers:
        raise OptionError("provider", name, providers)
    return providers[name]


def _model_id(name: str, providers: list[Provider]) -> str:
    """The id of the model that a rule names, perhaps by an alias; a model that nobody has would never fit."""
    for provider in providers:
        if name in provider.contract.names:
            return provider.contract.names[name].id
    raise OptionError("model", name, [known for provider in providers for known in provider.contract.names])


def _check_operation(name: str, providers: list[Provider]) -> None:
    known = [operation.id for provider in providers for operation in provider.contract.operations]
    if name not in known:
        raise OptionError("operation", name, known)
