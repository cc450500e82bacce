"""One request with its tries: reads go on after 429, 5xx and a broken network, submits only where that is safe."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from mockreel.client.client_errors import ClientError, DeadlineExceeded, NotReached, ReplyNotUnderstood, SubmitUncertain
from mockreel.client.deadlines import Deadline, Timing
from mockreel.client.http.steps import Ask, Pause, Reply, Talk, Trouble
from mockreel.client.profile import Pace
from mockreel.client.readers.error_reader import Refusals
from mockreel.client.values import Job

# A refusal of a poll that is in truth the end of a job is no refusal.
Expected = Callable[[Reply], bool]


@dataclass(frozen=True, slots=True)
class Uncertain:
    """What to say where a submit may have begun a job; `repeats`: sent again it begins no second one."""

    mark: str | None
    find: str
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """What follows an answer that is no good: the error, and whether another try may help, and after how long."""

    error: ClientError
    helps: bool
    seconds: float | None = None


class Exchanges:
    """Makes the requests of one client."""

    def __init__(self, pace: Pace, refusals: Refusals, timing: Timing, *, timeout: float) -> None:
        self._pace = pace
        self._refusals = refusals
        self._timing = timing
        self._timeout = timeout

    def ask(
        self,
        ask: Ask,
        deadline: Deadline,
        *,
        job: Job | None = None,
        uncertain: Uncertain | None = None,
        expected: Expected = lambda reply: False,
        redirects: bool = False,
    ) -> Talk[Reply]:
        """The reply to a request, asked as often as the docs advise.

        Args:
            job: whom it is about, for errors.
            uncertain: given for what must not be done twice.
            expected: whether a reply that looks like a refusal is none.
            redirects: whether a redirect is a good answer; never for what carries the key.
        """
        last: Again | None = None
        doubt: SubmitUncertain | None = None
        for tries in range(1, self._pace.attempts + 1):
            if deadline.left <= 0:
                raise doubt or self._late(ask, deadline, job, last)
            left = deadline.left
            answer = yield replace(ask, seconds=min(self._timeout, left), total=left)
            assert answer is not None
            moved = redirects and isinstance(answer, Reply) and _leads_elsewhere(answer)
            last = None if moved else self._judged(ask, answer, uncertain, expected)
            if last is None:
                assert isinstance(answer, Reply)
                return answer
            doubt = last.error if isinstance(last.error, SubmitUncertain) else doubt
            if not last.helps or tries == self._pace.attempts:
                break
            wait = self._timing.backoff(self._pace, tries) if last.seconds is None else last.seconds
            if wait >= deadline.left:
                raise doubt or self._late(ask, deadline, job, last)
            yield Pause(wait)
        assert last is not None
        raise doubt or last.error

    def _late(self, ask: Ask, deadline: Deadline, job: Job | None, last: Again | None) -> ClientError:
        return DeadlineExceeded(ask.what, deadline.seconds or 0.0, job=job, last=str(last.error) if last else "")

    def _judged(
        self, ask: Ask, answer: Reply | Trouble, uncertain: Uncertain | None, expected: Expected
    ) -> Again | None:
        """None where the answer is good."""
        if isinstance(answer, Trouble):
            return self._troubled(ask, answer, uncertain)
        # What is fetched without a key is a file, whatever stands in it.
        refused = self._refusals.refused(answer) if ask.key else answer.status >= 400
        if 200 <= answer.status < 300 and (expected(answer) or not refused):
            return self._unread(ask, answer, uncertain)
        if not refused:
            why = f"it answered {answer.status}" + (", which would send the key elsewhere" if ask.key else "")
            return Again(ReplyNotUnderstood(ask.what, why), helps=False)
        return self._refused(ask, answer, uncertain)

    def _troubled(self, ask: Ask, trouble: Trouble, uncertain: Uncertain | None) -> Again:
        if uncertain is not None and trouble.sent:
            return self._doubt(ask, trouble.why, uncertain)
        return Again(NotReached(ask.what, trouble.why), helps=not trouble.final)

    def _unread(self, ask: Ask, reply: Reply, uncertain: Uncertain | None) -> Again | None:
        """Whoever carries the key expects JSON."""
        if ask.key is None or reply.json is not None:
            return None
        why = f"it answered {reply.status} with a body that is not JSON"
        return self._doubt(ask, why, uncertain) if uncertain else Again(ReplyNotUnderstood(ask.what, why), helps=True)

    def _refused(self, ask: Ask, reply: Reply, uncertain: Uncertain | None) -> Again:
        kind = self._refusals.kind(reply)
        error = self._refusals.error(ask.what, reply, keyed=ask.key is not None)
        if kind == "busy":
            return Again(error, helps=True, seconds=error.retry_after)
        if kind != "broken" and reply.status < 500:
            passes = uncertain is None and any(text in error.message for text in self._pace.again)
            return Again(error, helps=passes)
        if uncertain is not None:
            return self._doubt(ask, str(error), uncertain)
        return Again(error, helps=True, seconds=error.retry_after)

    def _doubt(self, ask: Ask, why: str, uncertain: Uncertain) -> Again:
        error = SubmitUncertain(ask.what, why, mark=uncertain.mark, find=uncertain.find)
        return Again(error, helps=uncertain.repeats)


def _leads_elsewhere(reply: Reply) -> bool:
    return reply.status in (301, 302, 303, 307, 308) and "location" in reply.headers
