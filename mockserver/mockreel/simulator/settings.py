"""The settings of a simulator."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a simulator; with the same settings and requests, a paused clock gives the same bytes."""

    seed: int = 0
    pace: str = "quick"
    max_body: int = 32 * 1024 * 1024
    max_jobs: int = 1_000_000
    wait_timeout: float = 60.0  # real seconds that a request may wait for a job to end
    keep_bodies: bool = True  # the journal stores bodies, not only requests and outcomes
