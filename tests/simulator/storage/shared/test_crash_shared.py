"""A server of a shared run that is killed at random moments loses nothing that it has answered."""

from crash.trial import tried
from simulator.storage.redis_server import RedisServer


def test_a_killed_server_of_a_shared_run_loses_nothing_and_repeats_nothing(redis_server: RedisServer) -> None:
    """As with a file; the server that comes next waits until the lease of the one before has run out."""
    trial = tried(kills=3, seed=7, options=("--state", redis_server.url))
    assert trial.known.wrong == []
    assert len(trial.known.answered) > 3
    assert trial.arrived
