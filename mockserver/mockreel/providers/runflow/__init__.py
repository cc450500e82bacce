"""Runflow: runs of models, their callbacks, batches, webhooks, uploads and the account behind the key."""

from mockreel.contract import Contract
from mockreel.providers.runflow.adapter import Runflow

__all__ = ["adapter"]


def adapter(contract: Contract) -> Runflow:
    return Runflow(contract)
