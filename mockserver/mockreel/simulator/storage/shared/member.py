"""One of the servers that share a run: who it is, its log, its time, and how long the others trust it."""

from dataclasses import dataclass

from mockreel.simulator.storage.shared.redis_log import RedisLog
from mockreel.simulator.storage.shared.redis_time import SharedTime


@dataclass(frozen=True, slots=True)
class Timing:
    """Real seconds for which a server is trusted; the same for all servers of a run.

    `beat`: how often it reports that it is alive. `reads`: how long it may answer reads by itself after a beat: none
    confirms an entry before every other one has it, or this time is over. `lease`: how long it runs due actions after a
    beat. `grace`: how long another server waits once the lease is free, as its holder may only have missed a beat.
    `again`: the delay before a retry.
    """

    beat: float = 0.4
    reads: float = 1.5
    lease: float = 2.0
    grace: float = 0.6
    again: float = 0.1

    @property
    def safe_reads(self) -> float:
        """The part of `reads` that is made use of, as no two clocks are equally fast."""
        return self.reads * _SAFELY

    @property
    def safe_lease(self) -> float:
        return self.lease * _SAFELY


_SAFELY = 0.9


@dataclass(frozen=True, slots=True)
class Member:
    """One server, by its id."""

    id: str
    log: RedisLog
    time: SharedTime
    timing: Timing
