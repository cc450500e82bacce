"""One request with its tries: reads go on after 429, 5xx and a broken network, submits only where that is safe."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from mockreel.client.client_errors import ClientError, DeadlineExceeded, NotReached, ReplyNotUnderstood, SubmitUncertain
from mockreel.client.deadlines import Deadline, Timing
from mockreel.client.http.steps import IncomingResponse, OutgoingRequest, Pause, Talk, Trouble
from mockreel.client.profile import Pace
from mockreel.client.readers.error_reader import ErrorReader
from mockreel.client.values import Job

# An error response of a poll that is in truth the end of a job is no refusal.
Expected = Callable[[IncomingResponse], bool]


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

    def __init__(self, pace: Pace, error_reader: ErrorReader, timing: Timing, *, timeout: float) -> None:
        self._pace = pace
        self._error_reader = error_reader
        self._timing = timing
        self._timeout = timeout

    def ask(
        self,
        request: OutgoingRequest,
        deadline: Deadline,
        *,
        job: Job | None = None,
        uncertain: Uncertain | None = None,
        expected: Expected = lambda response: False,
        redirects: bool = False,
    ) -> Talk[IncomingResponse]:
        """The response to a request, asked as often as the docs advise.

        Args:
            job: whom it is about, for errors.
            uncertain: given for what must not be done twice.
            expected: whether a response that looks like an error response is none.
            redirects: whether a redirect is a good answer; never for what carries the key.
        """
        last: Again | None = None
        doubt: SubmitUncertain | None = None
        for tries in range(1, self._pace.attempts + 1):
            if deadline.left <= 0:
                raise doubt or self._late(request, deadline, job, last)
            left = deadline.left
            answer = yield replace(request, seconds=min(self._timeout, left), total=left)
            assert answer is not None
            moved = redirects and isinstance(answer, IncomingResponse) and _leads_elsewhere(answer)
            last = None if moved else self._judged(request, answer, uncertain, expected)
            if last is None:
                assert isinstance(answer, IncomingResponse)
                return answer
            doubt = last.error if isinstance(last.error, SubmitUncertain) else doubt
            if not last.helps or tries == self._pace.attempts:
                break
            wait = backoff(self._pace, tries, self._timing) if last.seconds is None else last.seconds
            if wait >= deadline.left:
                raise doubt or self._late(request, deadline, job, last)
            yield Pause(wait)
        assert last is not None
        raise doubt or last.error

    def _late(self, request: OutgoingRequest, deadline: Deadline, job: Job | None, last: Again | None) -> ClientError:
        return DeadlineExceeded(request.what, deadline.seconds or 0.0, job=job, last=str(last.error) if last else "")

    def _judged(
        self,
        request: OutgoingRequest,
        answer: IncomingResponse | Trouble,
        uncertain: Uncertain | None,
        expected: Expected,
    ) -> Again | None:
        """None where the answer is good."""
        if isinstance(answer, Trouble):
            return self._troubled(request, answer, uncertain)
        # What is fetched without a key is a file, whatever stands in it.
        refused = self._error_reader.refused(answer) if request.key else answer.status >= 400
        if 200 <= answer.status < 300 and (expected(answer) or not refused):
            return self._unread(request, answer, uncertain)
        if not refused:
            why = f"it answered {answer.status}" + (", which would send the key elsewhere" if request.key else "")
            return Again(ReplyNotUnderstood(request.what, why), helps=False)
        return self._refused(request, answer, uncertain)

    def _troubled(self, request: OutgoingRequest, trouble: Trouble, uncertain: Uncertain | None) -> Again:
        if uncertain is not None and trouble.sent:
            return self._doubt(request, trouble.why, uncertain)
        return Again(NotReached(request.what, trouble.why), helps=not trouble.final)

    def _unread(
        self, request: OutgoingRequest, response: IncomingResponse, uncertain: Uncertain | None
    ) -> Again | None:
        """Whoever carries the key expects JSON."""
        if request.key is None or response.json is not None:
            return None
        why = f"it answered {response.status} with a body that is not JSON"
        return (
            self._doubt(request, why, uncertain)
            if uncertain
            else Again(ReplyNotUnderstood(request.what, why), helps=True)
        )

    def _refused(self, request: OutgoingRequest, response: IncomingResponse, uncertain: Uncertain | None) -> Again:
        kind = self._error_reader.kind(response)
        error = self._error_reader.error(request.what, response, keyed=request.key is not None)
        if kind == "busy":
            return Again(error, helps=True, seconds=error.retry_after)
        if kind != "broken" and response.status < 500:
            passes = uncertain is None and any(text in error.message for text in self._pace.again)
            return Again(error, helps=passes)
        if uncertain is not None:
            return self._doubt(request, str(error), uncertain)
        return Again(error, helps=True, seconds=error.retry_after)

    def _doubt(self, request: OutgoingRequest, why: str, uncertain: Uncertain) -> Again:
        error = SubmitUncertain(request.what, why, mark=uncertain.mark, find=uncertain.find)
        return Again(error, helps=uncertain.repeats)


def backoff(pace: Pace, tries: int, timing: Timing) -> float:
    """Seconds before the next try: doubled each time up to a ceiling, and the half of it left to chance."""
    wait: float = min(pace.ceiling, pace.backoff * 2 ** (tries - 1))
    return wait / 2 + wait / 2 * timing.draw()


def _leads_elsewhere(response: IncomingResponse) -> bool:
    return response.status in (301, 302, 303, 307, 308) and "location" in response.headers
