"""The time that a run may take, by the clock of its target."""

import math

from mockreel.simulator.in_process.mock_target import Skipped, Target

# This part of the budget is reserved for the checks after every job has ended.
SPARE = 0.15
# What was seen in time may be judged for so long a part of the budget more.
GRACE = 0.05


class TimeUp(Skipped):
    """The budget is used up, so nothing more is sent."""


class TimeBudget:
    """When a run must end; the mock server in this process has no end, as its time costs nothing.

    Args:
        seconds: the whole budget.
        ends: when it is used up, if not a whole budget from now on.
    """

    def __init__(self, target: Target, seconds: float, *, ends: float | None = None) -> None:
        self._target = target
        self._seconds = seconds
        self.ends = ends if ends is not None or target.own else target.now() + seconds
        self.deadline = None if self.ends is None else self.ends - seconds * SPARE
        self.spares = False  # whether what is reserved for the checks of jobs must be left to them
        self.requests_planned = 0  # at least
        self.requests_sent = 0
        self._used_up = ""

    def check_time(self) -> None:
        """See that the budget is not used up.

        Raises:
            TimeUp: it is.
        """
        if self.is_over():
            raise TimeUp(self._message())

    def check_grace(self) -> None:
        """See that there is time to judge what was seen.

        Raises:
            TimeUp: the budget is used up, and what may follow it too.
        """
        if self.is_over(-GRACE * self._seconds):
            raise TimeUp(self._message())

    def _message(self) -> str:
        """That the budget is used up, and how many more minutes the rest of the plan takes at the speed of the run."""
        if not self._used_up:
            budget, left = self._seconds, max(0, self.requests_planned - self.requests_sent)
            minutes = max(1, math.ceil(left * budget / max(1, self.requests_sent) / 60))
            more = f"needs {minutes} more minute{'s' if minutes > 1 else ''}: give --budget {budget + 60 * minutes:g}"
            self._used_up = f"the budget of {budget:g} s is used up; the rest {more} or more"
        return self._used_up

    def is_over(self, least: float = 0.0) -> bool:
        """Whether the budget is used up, or has no room for what takes so many seconds at least."""
        ends = self.deadline if self.spares else self.ends
        return ends is not None and self._target.now() + least > ends

    def until(self, seconds: float) -> float:
        """The moment so many seconds from now, at most that at which the budget is used up."""
        moment = self._target.now() + seconds
        return moment if self.ends is None else min(moment, self.ends)

    def within(self, seconds: float) -> float:
        """The seconds for which the target asks to be left alone.

        Raises:
            Skipped: they end after the deadline.
        """
        if self.deadline is not None and self._target.now() + seconds > self.deadline:
            raise Skipped(f"the target asks for {seconds:g} s more, which the budget does not have")
        return seconds
