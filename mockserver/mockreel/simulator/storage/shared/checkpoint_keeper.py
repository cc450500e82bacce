"""Makes checkpoints of a shared run beside the requests, so that a server that joins it applies little of its log."""

import asyncio
import logging
import zlib
from collections.abc import Callable
from typing import BinaryIO

from mockreel.errors import StateError
from mockreel.simulator.storage.checkpoints import checkpoint
from mockreel.simulator.storage.checkpoints.process_fork import CAN_FORK, made_beside
from mockreel.simulator.storage.shared.member import Member
from mockreel.simulator.storage.shared.replica import Replica

# Behind so many entries a checkpoint is made; behind fewer, once nothing is appended for a while.
OFTEN, WORTH_IT = 5_000, 1_000
# The least effort: a checkpoint is many short texts.
_LEVEL = 1


class CheckpointKeeper:
    """One server's part in the checkpoints of its run. Any server makes the same behind the same entry.

    Args:
        run: the id of the run.
    """

    def __init__(self, member: Member, replica: Replica, *, run: str) -> None:
        self._member = member
        self._replica = replica
        self._run = run
        self.taken = 0  # the entry behind which the newest one that is known was taken
        self._seen = -1

    def begin_behind_newest(self) -> None:
        """Have the replica begin with the newest checkpoint; where none fits it begins with nothing.

        Raises:
            StateError: the log cannot be reached, or has lost its newest entries.
        """
        log = self._member.log
        data, last = log.archive.checkpoint(), log.last  # in this order: the log only grows
        found = None if data is None else checkpoint.read(_unpacked(data), run=self._run)
        if found is not None and found.number > last:
            raise StateError(
                f"{log.where} has lost its newest entries: its checkpoint has {found.number}, and {last} are there. "
                "Give the Redis its whole data back, or begin a run under another name (?run=NAME)."
            )
        if found is not None and self._replica.begin_behind(found):
            self.taken = found.number

    def is_due(self) -> bool:
        """Whether one is worth its effort, and can be made now."""
        number, seen = self._replica.number, self._seen
        self._seen = number
        behind = number - self.taken
        return CAN_FORK and (behind >= OFTEN or (behind >= WORTH_IT and number == seen)) and self._replica.is_settled

    async def keep(self, fence: Callable[[], str]) -> None:
        """Make a checkpoint in a copy of this process, and pack the entries that no server needs any more.

        Args:
            fence: gives the fencing number of this server, empty where it has no lease.

        Raises:
            StateError: the log cannot be reached.
        """
        number, moment = self._replica.number, self._replica.moment
        try:
            file = await made_beside(lambda: zlib.compress(self._replica.checkpoint(run=self._run), _LEVEL))
        except MemoryError as problem:  # the log is enough
            self.taken = number
            logging.getLogger("mockreel").warning(
                "No checkpoint was made behind entry %d (%s): a server that joins the run starts more slowly.",
                number,
                problem,
            )
            return
        await asyncio.to_thread(self._put, file, number, moment, fence)
        self.taken = number

    def _put(self, file: BinaryIO, number: int, moment: float, fence: Callable[[], str]) -> None:
        archive = self._member.log.archive
        with file:
            archive.keep_checkpoint(file.read(), number, moment, run=self._run, fence=fence())
        while archive.pack_oldest(run=self._run, fence=fence()):
            pass


def _unpacked(data: bytes) -> bytes:
    """What was packed; nothing where it is damaged."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        return b""
