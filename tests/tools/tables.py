"""The generated parts of the docs, each a function from the data to Markdown."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import click

from mockreel._data import data_root
from mockreel.cli import group
from mockreel.contract import Contract, Model, load_contract, model_catalogue
from mockreel.contract.data.data_files import parse_yaml, read_bytes, read_document
from mockreel.contract.rows import DeliveryPolicy
from mockreel.engine.faults import Kind, Parameter, catalogue
from mockreel.server.admin import document
from mockreel.simulator.client_rules import RULES
from mockreel.simulator.pipeline import OWN_PATHS
from tools import agent_tables, facts


def evidence() -> str:
    """One line for each provider: how many rows, and why they are believed."""
    head = ("", "rows", "documented", "of these, in part", "published", "client", "inferred")
    return _table(head, [_counts(title, _all(name)) for name, title in facts.titles().items()])


def evidence_of(provider: str) -> str:
    """One line for each sort of fact of a provider."""
    head = ("", "rows", "documented", "of these, in part", "published", "client", "inferred")
    sorts = facts.rows(provider)
    lines = [_counts(sort, found) for sort, found in sorts.items() if found]
    return _table(head, [*lines, _counts("all", _all(provider))])


def inferred_share() -> str:
    """How much of what is held about each provider is inferred."""
    lines = []
    for provider, title in facts.titles().items():
        sorts = facts.rows(provider)
        every = _share([row for found in sorts.values() for row in found])
        few = _share([row for sort, found in sorts.items() if sort not in ("models", "prices") for row in found])
        lines.append((title, *every, *few))
    return _table(("", "inferred", "of all rows", "inferred", "of rows without models and prices"), lines)


def _share(found: list[facts.Row]) -> tuple[str, str]:
    inferred = facts.count(found)["inferred"]
    return str(inferred), f"{len(found)} ({inferred / len(found):.1%})"


def _all(provider: str) -> list[facts.Row]:
    return [row for found in facts.rows(provider).values() for row in found]


def _counts(name: str, found: list[facts.Row]) -> tuple[object, ...]:
    counts = facts.count(found)
    known = (counts[kind] for kind in ("documented", facts.IN_PART, "published", "client", "inferred"))
    return (name, len(found), *known)


def operations(provider: str) -> str:
    """What is played of a provider's API."""
    contract = load_contract(provider)
    rows = [
        (_code(f"{operation.method} {operation.path}"), _extra(operation.raw), _evidence(operation.raw["x-mockreel"]))
        for operation in contract.operations
    ]
    missing = [f"- {row['what']}: {row['why']}" for row in contract.root.get("not_played", [])]
    said = ["", "Not simulated:", "", *missing] if missing else []
    return "\n".join([_table(("operation", "", "evidence"), rows), *said])


def _extra(raw: Mapping[str, Any]) -> str:
    own = raw["x-mockreel"]
    words = ["starts a job" if own.get("model") and own.get("submits", True) else ""]
    words += ["admin keys only" if own.get("admin") else "", "no key" if own.get("key") == "none" else ""]
    return ", ".join(word for word in words if word)


def played() -> str:
    """How much of each provider is played."""
    contracts = [load_contract(name) for name in facts.titles()]
    rows = [
        (contract.title, len(contract.operations), len(contract.models), _priced(contract), len(contract.readings))
        for contract in contracts
    ]
    return _table(("", "operations", "models", "with a known price", "readings"), rows)


def _priced(contract: Contract) -> int:
    return sum(model.price.certainty != "unknown" for model in contract.models.values())


def ages(provider: str) -> str:
    """As of which day the models of a provider are held."""
    return f"Models: {model_catalogue.ages(model_catalogue.entries([load_contract(provider)]))[provider]}."


def models(provider: str) -> str:
    """The models of a provider, and what is known of their prices."""
    contract = load_contract(provider)
    rows = [
        (_code(model.id), ", ".join(map(_code, model.aliases)), model.output, _price(model))
        for model in contract.models.values()
    ]
    return _table(("model", "also called", "output", "price"), rows)


def _price(model: Model) -> str:
    price = model.price
    amounts = sorted({rule.amount for rule in price.rules} | ({price.amount} if price.amount is not None else set()))
    if not amounts:
        return "unknown"
    least = "at least " if price.certainty == "at least" else ""
    span = f"{amounts[0]:f}" if len(amounts) == 1 else f"{amounts[0]:f} to {amounts[-1]:f}"
    return f"{least}{span} {price.currency} per {price.unit}"


def scenarios(provider: str) -> str:
    """The scenarios of a provider: what a job does, or how a request is answered."""
    contract = load_contract(provider)
    document = read_document(data_root() / "contracts" / provider / "scenarios.yaml")
    jobs = [(_code(name), _course(contract, row), _evidence(row)) for name, row in document["jobs"].items()]
    requests = [(_code(name), _answer(contract, row), _evidence(row)) for name, row in document["requests"].items()]
    return _table(("scenario", "what happens", "evidence"), [*jobs, *requests])


def _course(contract: Contract, row: Mapping[str, Any]) -> str:
    words = [contract.lifecycle.states[state].word for state in row["states"]]
    text = " → ".join(_code(word) for word in words)
    if row.get("failure"):
        text += f", by default with {_code(contract.failures[row['failure']].code)}"
    if row.get("stretch"):
        text += f", {row['stretch']} times as long"
    if row.get("fields"):
        text += ", with " + ", ".join(
            f"{_code(name)}: {_code(str(value).lower())}" for name, value in row["fields"].items()
        )
    return text if contract.lifecycle.states[row["states"][-1]].terminal else f"{text}, and never ends"


def _answer(contract: Contract, row: Mapping[str, Any]) -> str:
    if row["row"] == "by-code":
        return "the error response that `code=` names"
    error = contract.errors[row["row"]]
    return f"the error response {error.status}, {_code(error.code)}"


def failures(provider: str) -> str:
    """How an accepted job can fail."""
    document = read_document(data_root() / "contracts" / provider / "errors.yaml")
    rows = [
        (_code(name), _code(row["code"]), _code(row["message"]), _evidence(row), row.get("note", ""))
        for name, row in document["failures"].items()
    ]
    return _table(("failure", "code", "text", "evidence", "note"), rows)


def errors(provider: str) -> str:
    """How a request can be refused."""
    document = read_document(data_root() / "contracts" / provider / "errors.yaml")
    rows = [
        (_code(name), row["status"], _code(row["code"]), _code(row["message"]), _evidence(row), row.get("note", ""))
        for name, row in document["rows"].items()
    ]
    return _table(("error response", "status", "code", "text", "evidence", "note"), rows)


def paces(provider: str) -> str:
    """How long a job stays in each state, in seconds."""
    document = read_document(data_root() / "contracts" / provider / "scenarios.yaml")
    words = {state.name: state.word for state in load_contract(provider).lifecycle.states.values()}
    rows = [
        (
            _code(pace),
            ", ".join(f"{_code(words[state])} {_span(seconds)} s" for state, seconds in states.items()),
            _evidence(document["pace_evidence"][pace]),
            document["pace_evidence"][pace].get("note", ""),
        )
        for pace, states in document["pace"].items()
    ]
    return _table(("pace", "time in each state", "evidence", ""), rows)


def _span(seconds: list[float]) -> str:
    least, most = seconds
    return f"{least:g}" if least == most else f"{least:g} to {most:g}"


def deliveries(provider: str) -> str:
    """When a provider tells what, how often it tries, and how it signs."""
    callbacks = load_contract(provider).callbacks
    if not callbacks.policies:
        return "No webhook is documented, so none is sent."
    document = read_document(data_root() / "contracts" / provider / "callbacks.yaml")
    rows = [
        (_code(name), *_policy(policy), _evidence(document["policy"][name]), _inferred(document["policy"][name]))
        for name, policy in callbacks.policies.items()
    ]
    head = (
        "delivery",
        "attempts",
        "wait before the next",
        "timeout",
        "accepted",
        "retried on",
        "evidence",
        "inferred",
    )
    events = ", ".join(_code(event.word) for event in callbacks.events.values())
    signed = (
        f"{_code(callbacks.signature.header)} ({callbacks.signature.algorithm}, {callbacks.signature.encoding})"
        if callbacks.signature
        else "none"
    )
    headers = ", ".join(_code(header.name) for header in callbacks.headers)
    return "\n".join([_table(head, rows), "", f"- Events: {events}", f"- Headers: {headers}", f"- Signature: {signed}"])


def _policy(policy: DeliveryPolicy) -> tuple[object, ...]:
    again = [_code(status) for status in policy.retry_statuses]
    again += ["network errors"] * policy.retry_network + ["no answer"] * policy.retry_timeout
    waits = ", ".join(f"{delay:g} s" for delay in policy.delays)
    return policy.attempts, waits, f"{policy.timeout:g} s", ", ".join(map(_code, policy.success)), ", ".join(again)


def _inferred(row: Mapping[str, Any]) -> str:
    return ", ".join(row.get("inferred", []))


def readings(provider: str) -> str:
    """Every reading of a provider with its options, and what is no reading."""
    contract = load_contract(provider)
    lines: list[str] = []
    for reading in contract.readings.values():
        lines += [f"**{_code(reading.id)}** {reading.question}", ""]
        for option in reading.options.values():
            default = "the default, " if option.name == reading.default else ""
            lines.append(f"- {_code(option.name)} ({default}{option.evidence.kind}): {option.says}")
        lines.append("")
    path = data_root() / "contracts" / provider / "readings" / "NOT.yaml"
    refused = parse_yaml(read_bytes(path), where=str(path)) if path.is_file() else []
    lines += ["Contradictions that are no reading:", "", *(f"- {row['why']}" for row in refused)] if refused else []
    return "\n".join(lines).rstrip()


def money() -> str:
    """When money moves at each provider, who may begin a job, and why that is believed."""
    contracts = [load_contract(name) for name in facts.titles()]
    return _table(
        ("", *(contract.title for contract in contracts)),
        [(said, *(tell(contract) for contract in contracts)) for said, tell in _MONEY.items()],
    )


def _moves(row: str) -> Callable[[Contract], str]:
    """At which states a row applies, and its evidence."""

    def tell(contract: Contract) -> str:
        on = contract.pricing["money"][row]["on"]
        return f"{', '.join(_code(moment) for moment in on) or 'no'} ({contract.money.evidence[row].kind})"

    return tell


def _held(contract: Contract) -> str:
    shown = "; its balance tells it as if it were there" if contract.money.shows_held else ""
    return f"{'at submit' if contract.money.held else 'no'}{shown} ({contract.money.evidence['held'].kind})"


def _refusal(contract: Contract) -> str:
    row = contract.errors[contract.money.error]
    code = row.fields.get("kind") or row.code
    return f"{row.status} {_code(code)} ({row.evidence.kind})"


def _in_flight(contract: Contract) -> str:
    return f"{'fail' if contract.money.stops else 'continue'} ({contract.money.evidence['in_flight'].kind})"


def _sum(amount: object, contract: Contract, *, none: str) -> str:
    return none if amount is None else f"{amount} {contract.money.currency}"


_MONEY: Mapping[str, Callable[[Contract], str]] = {
    "counts in": lambda c: ", ".join(
        (c.money.currency, *(f"{name} ({amount} for 1)" for name, amount in c.money.units.items()))
    ),
    "held": _held,
    "charged": _moves("taken"),
    "without a charge": _moves("given_back"),
    "what must be left": lambda c: (
        f"{'the price' if c.money.needs == 'price' else 'something'} ({c.money.evidence['admission'].kind})"
    ),
    "error response": _refusal,
    "may become negative": lambda c: f"{'yes' if c.money.overdraft else 'no'} ({c.money.evidence['overdraft'].kind})",
    "running jobs when it is gone": _in_flight,
    "charged for an unknown price": lambda c: _sum(c.money.unknown, c, none="nothing; it is counted"),
    "without a budget it shows": lambda c: _sum(c.money.opening, c, none="no balance"),
}


def faults(sort: str) -> str:
    """The faults of responses, or those of callbacks, as the catalogue has them."""
    kinds = [kind for kind in catalogue() if kind.sort == sort]
    parameters = [", ".join(map(_parameter, kind.parameters)) for kind in kinds]
    told = [(_code(kind.name), kind.says, kind.sees) for kind in kinds]
    if sort == "callback":
        head = ("fault", "what happens", "what a receiver sees", "parameters")
        return _table(head, [(*row, shown) for row, shown in zip(told, parameters, strict=True)])
    longer = ("fault", "what happens", "what a client sees", "the request is handled", "in any server", "parameters")
    handled = [(_handled(kind), "no" if kind.wire else "yes") for kind in kinds]
    return _table(longer, [(*row, *more, shown) for row, more, shown in zip(told, handled, parameters, strict=True)])


def _handled(kind: Kind) -> str:
    words = kind.handled_in_words
    return words if "=" not in words else f"with {_code(words.removeprefix('with '))}"


def _parameter(parameter: Parameter) -> str:
    default = f", {_code(parameter.shown_default)}" if parameter.shown_default else ""
    valid = _code(parameter.valid) if parameter.kind == "text" else parameter.valid
    return f"{_code(parameter.name)}: {parameter.says} ({valid}{default})"


def client_rules() -> str:
    """Every client rule, and whether it is looked for unless told."""
    rows = [(_code(rule.id), rule.summary, "where documented" if rule.usual else "if named") for rule in RULES]
    return _table(("rule", "what breaks it", "looked for"), rows)


def commands(inside: click.Group = group, *, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it; those of a group stand for the group."""
    context = click.Context(inside)
    for name in inside.list_commands(context):
        found = inside.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found, before=f"{before}{name} ")
        elif found is not None:
            yield before + name, found


def options(*words: str) -> str:
    """The options of a command, as its `--help` has them."""
    command = dict(commands())[" ".join(words)]
    rows = [_option(option) for option in command.params if isinstance(option, click.Option)]
    if not rows:
        return "It has no options of its own."
    return _table(("option", "what it does", "default"), rows)


def control_options() -> str:
    """The options that every command of `mockreel control` takes."""
    found = group.get_command(click.Context(group), "control")
    assert found is not None
    rows = [_option(option) for option in found.params if isinstance(option, click.Option)]
    return _table(("option", "what it does", "default"), rows)


def control_commands() -> str:
    """Every command of `mockreel control` with what it does."""
    rows = [
        (_code(" ".join(("mockreel", name, *_arguments(command)))), (command.help or "").partition("\n")[0])
        for name, command in commands()
        if name.startswith("control ")
    ]
    return _table(("command", "what it does"), rows)


def _arguments(command: click.Command) -> Iterator[str]:
    return (str(one.name).upper() for one in command.params if isinstance(one, click.Argument))


def control() -> str:
    """Every operation of the control API, as its own document has them."""
    rows = [
        (_code(f"{method.upper()} {OWN_PATHS}{path.removeprefix('/')}"), operation["summary"], _asked(operation))
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "delete")
    ]
    return _table(("route", "what it does", "parameters and fields"), rows)


def _asked(operation: Mapping[str, Any]) -> str:
    """The query parameters of an operation, and the fields of its body; those that must be given without a `?`."""
    given = [_resolved(one) for one in operation.get("parameters", ())]
    words = [_code(f"?{one['name']}") for one in given if one["in"] == "query"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        schema = _resolved(body)
        required = schema.get("required", ())
        if len(required) > 5:
            return "a snapshot"
        words += [_code(name if name in required else f"{name}?") for name in schema.get("properties", {})]
    return ", ".join(words)


def _resolved(value: Any) -> Any:
    while "$ref" in value:
        found: Any = document()
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def _option(option: click.Option) -> tuple[object, ...]:
    metavar = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    default = option.default if option.show_default and not option.is_flag else ()
    shown = ", ".join(map(_code, default if isinstance(default, tuple) else (default,)))
    told = option.help or ""
    variable = f" From the environment: {_code(option.envvar)}." if option.envvar and "[env:" not in told else ""
    return _code(option.opts[0] + metavar), f"{told}{variable}", shown


def tools() -> str:
    """Every tool of `mockreel mcp`."""
    return _table(("tool", "what it does", "arguments"), agent_tables.tools())


Part = Callable[..., str]

# What may stand behind `generated:`, with the arguments of the function behind it.
PARTS: Mapping[str, Part] = {
    "client-rules": client_rules,
    "control": control,
    "control-commands": control_commands,
    "control-options": control_options,
    "deliveries": deliveries,
    "errors": errors,
    "evidence": evidence,
    "evidence-of": evidence_of,
    "inferred-share": inferred_share,
    "failures": failures,
    "faults": faults,
    "ages": ages,
    "models": models,
    "money": money,
    "operations": operations,
    "options": options,
    "paces": paces,
    "played": played,
    "readings": readings,
    "scenarios": scenarios,
    "tools": tools,
}


def _evidence(row: Mapping[str, Any]) -> str:
    return str(row["evidence"])


def _code(value: object) -> str:
    return f"`{value}`" if str(value) else ""


def _table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    titles = [str(title) for title in head]
    lines = [titles, ["---"] * len(titles), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
