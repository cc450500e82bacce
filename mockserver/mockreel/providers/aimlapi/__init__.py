"""AI/ML API: video generations, models, balances. Its facts are in `contracts/aimlapi`; replies are made here."""

from mockreel.contract import Contract
from mockreel.providers.aimlapi.adapter import Play
from mockreel.simulator.adapter import ProviderAdapter


def player(contract: Contract) -> ProviderAdapter:
    """Who plays this contract."""
    return Play(contract)
