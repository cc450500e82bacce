"""Encore, a provider that does not exist: the whole of what a new provider needs in Python."""

from encore_player.operations import HANDLERS
from encore_player.play import Play
from mockreel.contract import Contract
from mockreel.simulator.provider_adapter import ProviderAdapter


def adapter(contract: Contract) -> ProviderAdapter:
    """Who plays this contract."""
    return Play(contract, HANDLERS)
