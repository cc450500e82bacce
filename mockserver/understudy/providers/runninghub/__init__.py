"""RunningHub: the standard models of V2, and the older task API, whose replies stand in an envelope."""

from understudy.contract import Contract
from understudy.providers.runninghub.player import RunningHub

__all__ = ["player"]


def player(contract: Contract) -> RunningHub:
    """What plays RunningHub's contract."""
    return RunningHub(contract)
