"""Set a rule as it was written: by the control API, on the command line, by a test. One place checks it."""

from collections.abc import Iterable, Mapping
from typing import Any

from mockreel.engine.artifacts.custom_result import OwnResult
from mockreel.engine.faults import Fault, read_fault
from mockreel.engine.faults.fault import split_parameter
from mockreel.engine.scenarios.preferences import Preference, check_fault, check_preference, refusal
from mockreel.engine.scenarios.rules import CONDITIONS, Rule, Rules
from mockreel.errors import OptionError
from mockreel.simulator.provider import Provider

EFFECTS = ("scenario", "fault", "result")
FIELDS = ("scenario", "code", "fault", "result", *CONDITIONS)


def set_rule(rules: Rules, providers: Mapping[str, Provider], row: Mapping[str, Any], *, files: bool = False) -> Rule:
    """Add a rule, as JSON writes it: `{"fault": "reset", "operation": "get_run", "nth": 2}`.

    It has a `scenario` (optionally with a `code`), a `fault` (text or mapping) or a `result` (JSON, a URL, a `data:`
    URI; a path only if `files` is true); its conditions are those of `mockreel.rules`. Null counts as absent.

    Raises:
        OptionError: a field, a value or an effect does not exist where the rule can apply.
    """
    fields = {name: value for name, value in row.items() if value is not None}
    then = "A rule has a scenario, a fault or a result: one of them."
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise OptionError("field of a rule", ", ".join(unknown), FIELDS, then=then)
    if len([name for name in EFFECTS if name in fields]) != 1:
        raise OptionError("rule", dict(row), FIELDS, then=then)
    for name in (name for name, value in fields.items() if value == ""):
        raise OptionError(name, "", then="Give it a value, or leave it out.")
    conditions = {name: fields[name] for name in CONDITIONS if name in fields}
    _check(conditions)
    places = [_provider(providers, conditions["provider"])] if "provider" in conditions else list(providers.values())
    if "model" in conditions:
        conditions["model"] = _model_id(conditions["model"], places)
    if "operation" in conditions:
        _check_operation(conditions["operation"], places)
    if "result" in fields:
        if "code" in fields:
            raise OptionError("code with a result", fields["code"], then="Only a scenario takes a code.")
        result = rules.results.keep(fields["result"], files=files)
        _one_can(places, lambda part: _check_result(part, result))
        return rules.add(result, **conditions)
    return rules.add(_effect(fields, places), **conditions)


def set_results(rules: Rules, providers: Mapping[str, Provider], result: Any) -> None:
    """A rule without conditions from a result as the command line or a test gives it, a path too; None is no rule.

    Raises:
        OptionError: as of `set_rule`.
    """
    if result is not None:
        set_rule(rules, providers, {"result": result}, files=True)


def _check_result(provider: Provider, result: OwnResult) -> None:
    """Check that a provider can return a custom result.

    Raises:
        OptionError: it is JSON of another type than the results in the provider's responses.
    """
    if result.body is None:
        return
    expected = provider.contract.wire.get("own_output")
    if expected is None:
        then = f"For {provider.name}, give a file or a URL: JSON replaces no part of its responses."
        raise OptionError("result", result.text[:40], then=then)
    if result.json_type != expected:
        then = f"For {provider.name}, give a JSON {expected}; `provider=` in a rule chooses one provider."
        raise OptionError("result", result.text[:40], then=then)


def set_faults(rules: Rules, providers: Mapping[str, Provider], faults: Iterable[Any]) -> list[Rule]:
    """Rules from faults with their conditions, each as text (`reset; operation=get_run; nth=2`) or as a mapping.

    Raises:
        OptionError: as of `set_rule`.
    """
    return [set_rule(rules, providers, _split(one)) for one in faults]


def _split(fault: Any) -> Mapping[str, Any]:
    """The rule for a fault whose conditions are written among its parameters."""
    if isinstance(fault, str):
        name, *rest = fault.split(";")
        fault = {"name": name.strip(), **dict(split_parameter(part) for part in rest if part.strip())}
    if not isinstance(fault, Mapping):
        read_fault(fault)  # raises the right error
    conditions = {name: fault[name] for name in CONDITIONS if name in fault}
    return {"fault": {name: value for name, value in fault.items() if name not in CONDITIONS}, **conditions}


def _effect(fields: Mapping[str, Any], providers: list[Provider]) -> Preference | Fault:
    """The rule's effect: possible for its provider, or for at least one."""
    if "fault" in fields:
        if "code" in fields:
            raise OptionError("code with a fault", fields["code"], then="Only a scenario takes a code.")
        fault = read_fault(fields["fault"])
        _one_can(providers, lambda part: check_fault(part.contract, fault))
        return fault
    if not isinstance(fields["scenario"], str):
        raise OptionError("scenario", fields["scenario"], ["a text"])
    code = fields.get("code")
    preference = Preference(fields["scenario"], None if code is None else str(code))
    _one_can(providers, lambda part: check_playable(part, preference))
    return preference


def check_playable(provider: Provider, preference: Preference) -> None:
    """Check that a provider has a scenario with its code.

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


# What every JSON library writes.
_MOST_NTH = 10**18 - 1


def _nth(value: Any) -> int:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19 else value
    if isinstance(number, int | float) and number > _MOST_NTH:  # one beyond 64 bits is read as a float
        raise OptionError("nth", value, [f"a whole number from 1 to {_MOST_NTH}"])
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise OptionError("nth", value, ["a whole number from 1 up"])
    return number


def _probability(value: Any) -> float:
    try:
        number = -1.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise OptionError("probability", value, ["a number from 0 to 1"])
    return number


def _provider(providers: Mapping[str, Provider], name: str) -> Provider:
    if name not in providers:
        raise OptionError("provider", name, providers)
    return providers[name]


def _model_id(name: str, providers: list[Provider]) -> str:
    """The id of the model that a rule names, perhaps by an alias; an unknown model would never match."""
    for provider in providers:
        if name in provider.contract.names:
            return provider.contract.names[name].id
    raise OptionError("model", name, [known for provider in providers for known in provider.contract.models])


def _check_operation(name: str, providers: list[Provider]) -> None:
    known = [operation.id for provider in providers for operation in provider.contract.operations]
    if name not in known:
        raise OptionError("operation", name, known)
