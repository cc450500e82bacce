"""Drift of lifecycles: a job that changed its state in a way that no transitions allow."""

from collections.abc import Iterator

from mockreel.cassettes.replay.request_parser import Phrases
from mockreel.client.flows import Core
from mockreel.contract import Contract, State
from mockreel.contract.pointers import text
from mockreel.drift.finding import Finding
from mockreel.drift.recorded.recorded_exchange import Recorded


class LifecycleJudge:
    """Follows the jobs of one cassette; each state is compared with the one before."""

    def __init__(self, contract: Contract, core: Core, phrases: Phrases) -> None:
        self._lifecycle = contract.lifecycle
        self._core = core
        self._phrases = phrases
        self._last: dict[str, State] = {}

    def drift(self, recorded: Recorded) -> Iterator[Finding]:
        """Where a job changed its state in a way that no transitions allow."""
        id_ = self._phrases.job(recorded.exchange)
        after = self._state(recorded)
        if id_ is None or after is None:
            return
        before = self._last.get(id_, after)
        self._last[id_] = after
        if not self._lifecycle.leads(before, after):
            says = "a change of state that no transitions allow"
            aspect = f"lifecycle/{before.name}/{after.name}"
            yield recorded.finding(aspect, "breaking for replies", says, before.word, after.word)

    def _state(self, recorded: Recorded) -> State | None:
        """The state with the response's word; None if no state or several have it."""
        for rows in self._core.profile.jobs.values():
            word = text(recorded.response.json, rows.state)
            found = [state for state in self._lifecycle.states.values() if state.word == word]
            if len(found) == 1:
                return found[0]
        return None
