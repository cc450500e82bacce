"""A module in a provider's folder has a mock server of that provider alone, any other one of all providers."""

import pytest
from support.caller import MakeSimulator

from mockreel.contract import Contract, providers
from mockreel.simulator.simulator import Simulator


@pytest.fixture
def provider_name(request: pytest.FixtureRequest) -> str:
    return request.path.parent.name


@pytest.fixture
def simulator(provider_name: str, make_simulator: MakeSimulator) -> Simulator:
    return make_simulator(names=[provider_name] if provider_name in providers() else None)


@pytest.fixture
def contract(provider_name: str, simulator: Simulator) -> Contract:
    return simulator.provider(provider_name).contract
