"""Apply a recorded run again and compare every response with the recorded one."""

from dataclasses import dataclass, field
from hashlib import blake2b

from mockreel.contract.messages.message import Response
from mockreel.errors import LogMisfit
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.checkpoints.checkpoint import Load
from mockreel.simulator.storage.log_recorder import response_digest
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_log import RunLog
from mockreel.simulator.storage.playback import Playback, apply_log

# Of what is answered now so much is shown.
SHOWN = 400


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry whose response, or webhook, is another one now: what it was, and what it is."""

    number: int
    at: float
    what: str
    then: str
    now: str


@dataclass(slots=True)
class Rerun:
    """What was compared, where it differs, and why it could not go on, if so.

    `entries` is how many were there; `unended` says that the run lacks its end, if so.
    """

    entries: int = 0
    unended: str = ""
    compared: int = 0
    differences: list[Difference] = field(default_factory=list)
    ended: str = ""

    @property
    def is_equal(self) -> bool:
        """Whether every response was the same, to the end."""
        return not self.differences and not self.ended


def rerun(simulator: Simulator, log: RunLog, *, load: Load) -> Rerun:
    """Apply a run again on a fresh simulator.

    Raises:
        StateError: the log cannot be read.
    """
    found = Rerun()

    def compare(number: int, entry: Entry, response: Response | None) -> None:
        then = entry.fields.get("a")
        if then is None:
            return
        found.compared += 1
        if response is not None:
            difference = _response(number, entry, response)
        else:
            difference = _webhook(number, entry, playback.delivery_body(entry))
        if difference is not None:
            found.differences.append(difference)

    playback = Playback(simulator, log, load=load, compare=compare)
    try:
        apply_log(playback, log.entries())
    except LogMisfit as lost:
        found.ended = str(lost)
    return found


def _response(number: int, entry: Entry, response: Response) -> Difference | None:
    then = entry.fields["a"]
    now = response_digest(response)
    if now == then:
        return None
    row = entry.fields
    what = f"{row['p']} {row.get('m', 'the response to entry')} {row.get('path', row.get('of'))}"
    changed = "" if now[0] == then[0] else f"{now[0]} "
    body = response.body[:SHOWN].decode("utf-8", "replace")
    return Difference(number, entry.at, what, str(then[0]), f"{changed}{body}")


def _webhook(number: int, entry: Entry, body: bytes | None) -> Difference | None:
    if body is not None and blake2b(body, digest_size=16).hexdigest() == entry.fields["a"]:
        return None
    what = f"{entry.fields['p']} webhook {entry.fields['id']}"
    now = "no webhook" if body is None else body[:SHOWN].decode("utf-8", "replace")
    return Difference(number, entry.at, what, "another body", now)
