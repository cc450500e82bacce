"""The contract: all facts about a provider, read from data into frozen values."""

from mockreel.contract.data.webhook_rows import Callbacks, DeliveryPolicy, Event
from mockreel.contract.loader import Contract, known_readings, load_contract, providers
from mockreel.contract.operations import Operation, Parameter, Place
from mockreel.contract.rows import (
    ErrorRow,
    ErrorScenario,
    Evidence,
    Failure,
    JobScenario,
    Lifecycle,
    Model,
    Price,
    Scenarios,
    State,
)

__all__ = [
    "Callbacks",
    "Contract",
    "DeliveryPolicy",
    "ErrorRow",
    "ErrorScenario",
    "Event",
    "Evidence",
    "Failure",
    "JobScenario",
    "Lifecycle",
    "Model",
    "Operation",
    "Parameter",
    "Place",
    "Price",
    "Scenarios",
    "State",
    "known_readings",
    "load_contract",
    "providers",
]
