"""Faults and client rules."""

from mockreel.engine.faults import Kind, Parameter, catalogue
from mockreel.simulator.client_rules import RULES
from tools.tables.markdown import code, table


def faults(sort: str) -> str:
    """The faults of responses, or those of callbacks, as the catalogue has them."""
    kinds = [kind for kind in catalogue() if kind.sort == sort]
    parameters = [", ".join(map(_parameter, kind.parameters)) for kind in kinds]
    described = [(code(kind.name), kind.says, kind.sees) for kind in kinds]
    if sort == "callback":
        head = ("fault", "what happens", "what a receiver sees", "parameters")
        return table(head, [(*row, shown) for row, shown in zip(described, parameters, strict=True)])
    longer = ("fault", "what happens", "what a client sees", "the request is handled", "in any server", "parameters")
    handled = [(_handled(kind), "no" if kind.wire else "yes") for kind in kinds]
    return table(
        longer, [(*row, *more, shown) for row, more, shown in zip(described, handled, parameters, strict=True)]
    )


def _handled(kind: Kind) -> str:
    words = kind.handled_in_words
    return words if "=" not in words else f"with {code(words.removeprefix('with '))}"


def _parameter(parameter: Parameter) -> str:
    default = f", {code(parameter.shown_default)}" if parameter.shown_default else ""
    valid = code(parameter.valid) if parameter.kind == "text" else parameter.valid
    return f"{code(parameter.name)}: {parameter.says} ({valid}{default})"


def client_rules() -> str:
    """Every client rule, and whether it is checked by default."""
    rows = [(code(rule.id), rule.summary, "where documented" if rule.usual else "if named") for rule in RULES]
    return table(("rule", "what breaks it", "looked for"), rows)
