"""RunningHub: the standard models of V2, and the older task API, whose responses have an envelope."""

from mockreel.contract import Contract
from mockreel.providers.runninghub.adapter import RunningHub

__all__ = ["adapter"]


def adapter(contract: Contract) -> RunningHub:
    return RunningHub(contract)
