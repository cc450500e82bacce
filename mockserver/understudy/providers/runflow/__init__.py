"""Runflow: runs of models, their callbacks, batches, webhooks, uploads and the account behind the key."""

from understudy.contract import Contract
from understudy.providers.runflow.player import Runflow

__all__ = ["player"]


def player(contract: Contract) -> Runflow:
    """What plays Runflow's contract."""
    return Runflow(contract)
