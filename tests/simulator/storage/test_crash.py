"""A server that is killed at random moments loses nothing that it has answered; `nox -s crash` does it 500 times."""

from crash.trial import tried


def test_a_server_that_is_killed_loses_nothing_and_repeats_nothing() -> None:
    """Clients submit and poll, a receiver accepts webhooks: all of it is looked at from outside."""
    trial = tried(kills=3, seed=7)
    assert trial.known.wrong == []
    assert len(trial.known.answered) > 3
    assert trial.arrived
