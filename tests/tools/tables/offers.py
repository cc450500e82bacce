"""What a provider offers here: operations, models, readings."""

from collections.abc import Mapping
from typing import Any

from mockreel._data import data_root
from mockreel.contract import Contract, Model, load_contract, model_catalogue
from mockreel.contract.data.data_files import parse_yaml, read_bytes
from tools import facts
from tools.tables.markdown import code, evidence_kind, table


def operations(provider: str) -> str:
    """The operations of a provider's API, and what is not simulated."""
    contract = load_contract(provider)
    rows = [
        (code(f"{one.method} {one.path}"), _extra(one.raw), evidence_kind(one.raw["x-mockreel"]))
        for one in contract.operations
    ]
    missing = [f"- {row['what']}: {row['why']}" for row in contract.root.get("not_played", [])]
    left_out = ["", "Not simulated:", "", *missing] if missing else []
    return "\n".join([table(("operation", "", "evidence"), rows), *left_out])


def _extra(raw: Mapping[str, Any]) -> str:
    own = raw["x-mockreel"]
    words = ["starts a job" if own.get("model") and own.get("submits", True) else ""]
    words += ["admin keys only" if own.get("admin") else "", "no key" if own.get("key") == "none" else ""]
    return ", ".join(word for word in words if word)


def played() -> str:
    """How much of each provider is simulated."""
    contracts = [load_contract(name) for name in facts.titles()]
    rows = [
        (contract.title, len(contract.operations), len(contract.models), _priced(contract), len(contract.readings))
        for contract in contracts
    ]
    return table(("", "operations", "models", "with a known price", "readings"), rows)


def _priced(contract: Contract) -> int:
    return sum(model.price.certainty != "unknown" for model in contract.models.values())


def ages(provider: str) -> str:
    """The day of a provider's model list."""
    return f"Models: {model_catalogue.ages(model_catalogue.entries([load_contract(provider)]))[provider]}."


def models(provider: str) -> str:
    """The models of a provider, and what is known of their prices."""
    contract = load_contract(provider)
    rows = [
        (code(model.id), ", ".join(map(code, model.aliases)), model.output, _price(model))
        for model in contract.models.values()
    ]
    return table(("model", "also called", "output", "price"), rows)


def _price(model: Model) -> str:
    price = model.price
    amounts = sorted({rule.amount for rule in price.rules} | ({price.amount} if price.amount is not None else set()))
    if not amounts:
        return "unknown"
    least = "at least " if price.certainty == "at least" else ""
    span = f"{amounts[0]:f}" if len(amounts) == 1 else f"{amounts[0]:f} to {amounts[-1]:f}"
    return f"{least}{span} {price.currency} per {price.unit}"


def readings(provider: str) -> str:
    """Every reading of a provider with its options, and the contradictions that are no reading."""
    contract = load_contract(provider)
    lines: list[str] = []
    for reading in contract.readings.values():
        lines += [f"**{code(reading.id)}** {reading.question}", ""]
        for option in reading.options.values():
            default = "the default, " if option.name == reading.default else ""
            lines.append(f"- {code(option.name)} ({default}{option.evidence.kind}): {option.says}")
        lines.append("")
    path = data_root() / "contracts" / provider / "readings" / "NOT.yaml"
    refused = parse_yaml(read_bytes(path), where=str(path)) if path.is_file() else []
    lines += ["Contradictions that are no reading:", "", *(f"- {row['why']}" for row in refused)] if refused else []
    return "\n".join(lines).rstrip()
