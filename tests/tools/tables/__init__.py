"""The generated parts of the docs, each a function from the data to Markdown."""

from collections.abc import Callable, Mapping

from tools.tables.agent_tools import tools
from tools.tables.commands import control_commands, control_options, options
from tools.tables.control_api import control
from tools.tables.evidence import evidence, evidence_of, inferred_share
from tools.tables.faults import client_rules, faults
from tools.tables.jobs import errors, failures, paces, scenarios
from tools.tables.money import money
from tools.tables.offers import ages, models, operations, played, readings
from tools.tables.webhooks import deliveries

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
