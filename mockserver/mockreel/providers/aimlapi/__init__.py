"""AI/ML API: video generations, models, balances. Its facts are in `contracts/aimlapi`; responses are made here."""

from mockreel.contract import Contract
from mockreel.providers.aimlapi.adapter import Adapter
from mockreel.simulator.provider_adapter import ProviderAdapter


def adapter(contract: Contract) -> ProviderAdapter:
    return Adapter(contract)
