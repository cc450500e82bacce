"""How a simulator plays."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How a simulator plays: the same settings and the same calls give the same bytes under a held clock."""

    seed: int = 0
    pace: str = "quick"
    max_body: int = 32 * 1024 * 1024
    max_jobs: int = 1_000_000
    wait_timeout: float = 60.0  # real seconds that a request may wait for a job to end
    keep_bodies: bool = True  # the journal keeps what was said, not only who asked for what and how it ended
