"""The errors of the client; each says what happened and what to do next, and none contains a key.

ClientError(MockreelError)
├── Refused              an error response: `code`, `status`, `request_id`, `violations`, `advice`
│   ├── KeyRefused       the key is missing or wrong
│   ├── OutOfCredit      the account cannot pay
│   ├── NotAllowed       the key may not do this
│   ├── NotFound         no such job, model or path, or it is another account's
│   ├── Conflict         it conflicts with the current state
│   ├── Invalid          the request breaks a rule
│   ├── FileRefused      a file host, which gets no key: the address may have expired
│   ├── TooManyRequests  retry later: `retry_after` if the provider says when
│   └── Unavailable      the provider is unavailable
├── JobEnded             the job ended without a result: `outcome`
│   ├── JobFailed
│   └── JobCancelled
├── SubmitUncertain      a job may have started, and may cost: `mark`, `find`
├── DeadlineExceeded     the deadline has passed; `job` goes on, and the wait can be resumed
├── NotReached           no connection, or it broke; nothing was started
├── ReplyNotUnderstood   a response that no reading of the docs allows
├── CallbackRefused      a callback without a valid signature, or no callback at all
├── NotOffered           the provider does not offer it
└── KeyWithheld          the key would have been sent to a wrong address
"""

from collections.abc import Iterable
from typing import Any

from mockreel.client.values import Job, Outcome
from mockreel.errors import MockreelError


class ClientError(MockreelError):
    """The base of all errors of the client."""


class Refused(ClientError):
    """The provider sent an error response."""

    advice = "Read the provider's message; the request will not succeed as it is."

    def __init__(
        self,
        what: str,
        *,
        status: int,
        code: str | None,
        message: str,
        request_id: str | None = None,
        violations: tuple[Any, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        self.what = what
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        self.violations = violations
        self.retry_after = retry_after
        reason = ": ".join(part for part in (code, message) if part) or "without a message"
        where = f"HTTP {status}" + (f", request {request_id}" if request_id else "")
        super().__init__(f"{what} was rejected: {reason} ({where}). {self.advice}")


class KeyRefused(Refused):
    advice = "Check that the key is for this provider and this site, and still valid."


class OutOfCredit(Refused):
    advice = "No job was started. Top up the account, then submit again."


class NotAllowed(Refused):
    advice = "Use a key that has the scope or the role for it."


class NotFound(Refused):
    advice = "Check the id or the model; another account's jobs look like jobs that do not exist."


class Conflict(Refused):
    advice = "Use a new idempotency key, or repeat the request that was sent with this one."


class Invalid(Refused):
    advice = "Correct the request; `violations` has the provider's reasons, `mockreel models show` lists the fields."


class FileRefused(Refused):
    advice = "The address may have expired: poll the job for a new one, or start the upload again."


class TooManyRequests(Refused):
    advice = "Poll less often, or run fewer jobs at a time; all retries that the docs advise were made."


class Unavailable(Refused):
    advice = "Try later; all retries that the docs advise were made."


class JobEnded(ClientError):
    """The job ended without a result."""

    how = "ended"
    advice = ""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        failure = outcome.failure
        why = ": ".join(part for part in (failure.code, failure.message) if part) if failure else ""
        reason = f" ({outcome.word}){': ' + why if why else ''}"
        super().__init__(f"{outcome.job.provider} job {outcome.job.id} {self.how}{reason}. {self.advice}".strip())


class JobFailed(JobEnded):
    how = "failed"
    advice = "Check the code: a rejected input fails again; after a failure of the provider, submit again."


class JobCancelled(JobEnded):
    how = "was cancelled"
    advice = "Submit it again if it is still needed."


class SubmitUncertain(ClientError):
    """A job may have started, but no response confirmed it. It is not submitted again, to avoid paying twice."""

    def __init__(self, what: str, why: str, *, mark: str | None, find: str) -> None:
        self.what = what
        self.why = why
        self.mark = mark
        self.find = find
        super().__init__(
            f"{what}: {why}. A job may have started and cost money, so the request was not sent again. {find}"
        )


class DeadlineExceeded(ClientError):
    """The deadline has passed."""

    def __init__(self, what: str, seconds: float, *, job: Job | None = None, last: str = "") -> None:
        self.what = what
        self.seconds = seconds
        self.job = job
        then = f" The job goes on: resume with wait({job.id!r})." if job else ""
        super().__init__(
            f"{what} did not end within {seconds:g} s{'; last: ' + last.rstrip('.') if last else ''}.{then}"
        )


class NotReached(ClientError):
    """There was no connection, or it broke; nothing was started."""

    def __init__(self, what: str, why: str) -> None:
        self.what = what
        self.why = why
        super().__init__(f"{what}: {why}. Check the address and the network, then try again.")


class ReplyNotUnderstood(ClientError):
    """A response that no reading of the docs allows."""

    def __init__(self, what: str, why: str, *, job: Job | None = None, then: str = "") -> None:
        self.what = what
        self.why = why
        self.job = job
        advice = then or "If the provider has changed, `mockreel drift` says how; update the kit."
        super().__init__(f"{what}: {why}. {advice}")


class CallbackRefused(ClientError):
    """A callback without a valid signature, or that is no callback of this provider."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Do not trust the callback: {why}. Respond with 4xx, do nothing else, and poll the job.")


class NotOffered(ClientError):
    """The provider does not offer this."""

    def __init__(self, title: str, what: str, then: str) -> None:
        super().__init__(f"{title} documents no {what}. {then}")


class KeyWithheld(ClientError):
    """The key would have been sent to a wrong address."""

    def __init__(self, url: str, hosts: Iterable[str], title: str, why: str) -> None:
        self.url = url
        valid = ", ".join(f"https://{host}" for host in hosts)
        super().__init__(
            f"The key for {title} is not sent to {url.partition('?')[0]!r}: {why}. "
            f"Valid: {valid}, or http://127.0.0.1:PORT for a mock server."
        )


REJECTIONS: dict[str, type[Refused]] = {
    "credit": OutOfCredit,
    "key": KeyRefused,
    "forbidden": NotAllowed,
    "missing": NotFound,
    "conflict": Conflict,
    "invalid": Invalid,
    "busy": TooManyRequests,
    "broken": Unavailable,
}
