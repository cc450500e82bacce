"""Send a request with retries after 429, 5xx and network errors; submits are retried only if that is safe."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from mockreel.client.client_errors import ClientError, DeadlineExceeded, NotReached, ReplyNotUnderstood, SubmitUncertain
from mockreel.client.deadlines import Deadline, Timing
from mockreel.client.http.steps import IncomingResponse, OutgoingRequest, Pause, Talk, Trouble
from mockreel.client.profile import Pace
from mockreel.client.readers.error_reader import ErrorReader
from mockreel.client.values import Job

# Whether a poll's error response is in fact the end of its job.
Expected = Callable[[IncomingResponse], bool]


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The advice for a submit that may have started a job; `repeats`: repeating it starts no second one."""

    mark: str | None
    find: str
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class FailedTry:
    """The result of a failed try: the error, whether a retry may help, and after how long."""

    error: ClientError
    helps: bool
    seconds: float | None = None


class Exchanges:
    """Sends the requests of one client."""

    def __init__(self, pace: Pace, error_reader: ErrorReader, timing: Timing, *, timeout: float) -> None:
        self._pace = pace
        self._error_reader = error_reader
        self._timing = timing
        self._timeout = timeout

    def request(
        self,
        request: OutgoingRequest,
        deadline: Deadline,
        *,
        job: Job | None = None,
        uncertain: Uncertain | None = None,
        expected: Expected = lambda response: False,
        redirects: bool = False,
    ) -> Talk[IncomingResponse]:
        """The response to a request, with as many retries as the docs advise.

        Args:
            job: its job, for errors.
            uncertain: set for requests that must not be repeated.
            expected: whether a response that looks like an error is a valid one.
            redirects: whether a redirect is a valid response; never with the key.
        """
        last: FailedTry | None = None
        doubt: SubmitUncertain | None = None
        for tries in range(1, self._pace.attempts + 1):
            if deadline.seconds_left <= 0:
                raise doubt or self._late(request, deadline, job, last)
            remaining = deadline.seconds_left
            received = yield replace(request, seconds=min(self._timeout, remaining), total=remaining)
            assert received is not None
            moved = redirects and isinstance(received, IncomingResponse) and _is_redirect(received)
            last = None if moved else self._judged(request, received, uncertain, expected)
            if last is None:
                assert isinstance(received, IncomingResponse)
                return received
            doubt = last.error if isinstance(last.error, SubmitUncertain) else doubt
            if not last.helps or tries == self._pace.attempts:
                break
            wait = backoff(self._pace, tries, self._timing) if last.seconds is None else last.seconds
            if wait >= deadline.seconds_left:
                raise doubt or self._late(request, deadline, job, last)
            yield Pause(wait)
        assert last is not None
        raise doubt or last.error

    def _late(
        self, request: OutgoingRequest, deadline: Deadline, job: Job | None, last: FailedTry | None
    ) -> ClientError:
        return DeadlineExceeded(request.what, deadline.seconds or 0.0, job=job, last=str(last.error) if last else "")

    def _judged(
        self,
        request: OutgoingRequest,
        received: IncomingResponse | Trouble,
        uncertain: Uncertain | None,
        expected: Expected,
    ) -> FailedTry | None:
        """None if the response is valid."""
        if isinstance(received, Trouble):
            return self._troubled(request, received, uncertain)
        # A request without a key fetches a file, whatever its content is.
        is_error = self._error_reader.is_error(received) if request.key else received.status >= 400
        if 200 <= received.status < 300 and (expected(received) or not is_error):
            return self._unreadable(request, received, uncertain)
        if not is_error:
            why = f"the response was {received.status}" + (
                ", which would send the key elsewhere" if request.key else ""
            )
            return FailedTry(ReplyNotUnderstood(request.what, why), helps=False)
        return self._rejected(request, received, uncertain)

    def _troubled(self, request: OutgoingRequest, trouble: Trouble, uncertain: Uncertain | None) -> FailedTry:
        if uncertain is not None and trouble.sent:
            return self._doubt(request, trouble.why, uncertain)
        return FailedTry(NotReached(request.what, trouble.why), helps=not trouble.final)

    def _unreadable(
        self, request: OutgoingRequest, response: IncomingResponse, uncertain: Uncertain | None
    ) -> FailedTry | None:
        """A problem unless the body is JSON, which requests with a key require."""
        if request.key is None or response.json is not None:
            return None
        why = f"the body of the response {response.status} is not JSON"
        return (
            self._doubt(request, why, uncertain)
            if uncertain
            else FailedTry(ReplyNotUnderstood(request.what, why), helps=True)
        )

    def _rejected(self, request: OutgoingRequest, response: IncomingResponse, uncertain: Uncertain | None) -> FailedTry:
        kind = self._error_reader.kind(response)
        error = self._error_reader.error(request.what, response, keyed=request.key is not None)
        if kind == "busy":
            return FailedTry(error, helps=True, seconds=error.retry_after)
        if kind != "broken" and response.status < 500:
            passes = uncertain is None and any(text in error.message for text in self._pace.again)
            return FailedTry(error, helps=passes)
        if uncertain is not None:
            return self._doubt(request, str(error), uncertain)
        return FailedTry(error, helps=True, seconds=error.retry_after)

    def _doubt(self, request: OutgoingRequest, why: str, uncertain: Uncertain) -> FailedTry:
        error = SubmitUncertain(request.what, why, mark=uncertain.mark, find=uncertain.find)
        return FailedTry(error, helps=uncertain.repeats)


def backoff(pace: Pace, tries: int, timing: Timing) -> float:
    """Seconds before the next try: doubled each time up to a ceiling, half of it random."""
    wait: float = min(pace.ceiling, pace.backoff * 2 ** (tries - 1))
    return wait / 2 + wait / 2 * timing.draw()


def _is_redirect(response: IncomingResponse) -> bool:
    return response.status in (301, 302, 303, 307, 308) and "location" in response.headers
