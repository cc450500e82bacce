"""Rules: the scenario or fault of matching requests, in order; and the available scenarios and faults."""

from typing import Any

from starlette.requests import Request

from mockreel.engine.faults import catalogue
from mockreel.errors import OptionError
from mockreel.server.admin.request_reader import json_object, no_body, number_in_path
from mockreel.server.admin.route import Row
from mockreel.server.admin.views import scenarios_row
from mockreel.simulator.rule_parser import set_rule
from mockreel.simulator.simulator import Simulator


async def list_scenarios(simulator: Simulator, _: Request) -> Any:
    """The scenarios and faults of each provider."""
    return {provider.name: scenarios_row(provider) for provider in simulator.providers.values()}


async def list_rules(simulator: Simulator, _: Request) -> Any:
    return {"rules": [rule.row() for rule in simulator.rules.all]}


async def add_rule(simulator: Simulator, request: Request) -> Any:
    """`{scenario, code?}` or `{fault}`, with conditions; rules apply in the order they were set."""
    rule = set_rule(simulator.rules, simulator.providers, await json_object(request))
    simulator.events.note("rule", rule=rule.id)
    return rule.row()


async def clear_rules(simulator: Simulator, request: Request) -> Any:
    await no_body(request)
    simulator.rules.all.clear()
    simulator.events.note("rule", rule=None)
    return {"rules": []}


async def remove_rule(simulator: Simulator, request: Request) -> Any:
    await no_body(request)
    found = number_in_path(request, "id", "rule")
    if not simulator.rules.remove(found):
        raise OptionError("rule", found, [str(rule.id) for rule in simulator.rules.all])
    simulator.events.note("rule", rule=found)
    return {"rules": [rule.row() for rule in simulator.rules.all]}


async def list_faults(_: Simulator, __: Request) -> Any:
    """What can be damaged, and how."""
    return {"faults": [kind.row() for kind in catalogue()]}


ROWS = (
    Row("GET", "scenarios", list_scenarios),
    Row("GET", "rules", list_rules),
    Row("POST", "rules", add_rule),
    Row("DELETE", "rules", clear_rules),
    Row("DELETE", "rules/{id:digits}", remove_rule),
    Row("GET", "faults", list_faults),
)
