"""AI/ML API: video generations, models, balances. Its facts are in `contracts/aimlapi`; replies are made here."""

from understudy.contract import Contract
from understudy.player import Player
from understudy.providers.aimlapi.operations import Play


def player(contract: Contract) -> Player:
    """Who plays this contract."""
    return Play(contract)
