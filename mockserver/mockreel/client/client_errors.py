"""What the client raises, in one tree; each says what happened and what to do next, and none holds a key.

ClientError(MockreelError)
├── Refused              the provider said no: `code`, `status`, `request_id`, `violations`, `advice`
│   ├── KeyRefused       the key is missing or wrong
│   ├── OutOfCredit      the account cannot pay
│   ├── NotAllowed       the key may not do this
│   ├── NotFound         no such job, model or path; or another account's
│   ├── Conflict         it contradicts something that is there
│   ├── Invalid          the request breaks a rule
│   ├── FileRefused      a place for files, where no key goes: the address may have expired
│   ├── TooManyRequests  later: `retry_after` where the provider says when
│   └── Unavailable      the provider is broken, for now
├── JobEnded             the job is over without what was asked for: `outcome`
│   ├── JobFailed
│   └── JobCancelled
├── SubmitUncertain      a job may have begun, and may cost: `mark`, `find`
├── DeadlineExceeded     the time that was given is up; `job` goes on, and the wait can be resumed
├── NotReached           no connection, or it broke; nothing was begun
├── ReplyNotUnderstood   an answer that no reading of the docs allows
├── CallbackRefused      a callback that was not signed with the secret, or is no callback
├── NotOffered           the provider has no such thing
└── KeyWithheld          the key would have gone where it must not
"""

from collections.abc import Iterable
from typing import Any

from mockreel.client.values import Job, Outcome
from mockreel.errors import MockreelError


class ClientError(MockreelError):
    """Catch this to catch everything that the client raises of itself."""


class Refused(ClientError):
    """The provider said no."""

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
        told = ": ".join(part for part in (code, message) if part) or "without a word"
        where = f"HTTP {status}" + (f", request {request_id}" if request_id else "")
        super().__init__(f"{what} was refused: {told} ({where}). {self.advice}")


class KeyRefused(Refused):
    advice = "Check that the key is this provider's and this site's, and still valid."


class OutOfCredit(Refused):
    advice = "Nothing was begun. Top up the account, then submit again."


class NotAllowed(Refused):
    advice = "Use a key that has the scope or the role for it."


class NotFound(Refused):
    advice = "Check the id or the model; another account's jobs are answered like ones that do not exist."


class Conflict(Refused):
    advice = "Take a new idempotency key, or send what was sent with this one."


class Invalid(Refused):
    advice = "Correct the request; `violations` has what the provider says is wrong, `mockreel models show` the fields."


class FileRefused(Refused):
    advice = "The address may have expired: poll the job for a fresh one, or begin the upload again."


class TooManyRequests(Refused):
    advice = "Ask less often, or run fewer jobs at a time; it was tried as often as the docs advise."


class Unavailable(Refused):
    advice = "Try later; it was tried as often as the docs advise."


class JobEnded(ClientError):
    """The job is over without what was asked for."""

    how = "ended"
    advice = ""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        failure = outcome.failure
        why = ": ".join(part for part in (failure.code, failure.message) if part) if failure else ""
        told = f" ({outcome.word}){': ' + why if why else ''}"
        super().__init__(f"{outcome.job.provider} job {outcome.job.id} {self.how}{told}. {self.advice}".strip())


class JobFailed(JobEnded):
    how = "failed"
    advice = "Read the code: an input that was refused fails again, a failure of the provider may be submitted anew."


class JobCancelled(JobEnded):
    how = "was cancelled"
    advice = "Submit it anew if it is still wanted."


class SubmitUncertain(ClientError):
    """A job may have begun and may cost, but no response said so. It is not tried again, lest it be paid twice."""

    def __init__(self, what: str, why: str, *, mark: str | None, find: str) -> None:
        self.what = what
        self.why = why
        self.mark = mark
        self.find = find
        super().__init__(f"{what}: {why}. A job may have begun and cost money, so it was not sent again. {find}")


class DeadlineExceeded(ClientError):
    """The time that was given is up."""

    def __init__(self, what: str, seconds: float, *, job: Job | None = None, last: str = "") -> None:
        self.what = what
        self.seconds = seconds
        self.job = job
        then = f" The job goes on: resume with wait({job.id!r})." if job else ""
        super().__init__(f"{what} did not end within {seconds:g} s{'; last: ' + last if last else ''}.{then}")


class NotReached(ClientError):
    """No connection could be had, or it broke; nothing was begun by it."""

    def __init__(self, what: str, why: str) -> None:
        self.what = what
        self.why = why
        super().__init__(f"{what}: {why}. Check the address and the network, then ask again.")


class ReplyNotUnderstood(ClientError):
    """An answer that no reading of the docs allows."""

    def __init__(self, what: str, why: str, *, job: Job | None = None, then: str = "") -> None:
        self.what = what
        self.why = why
        self.job = job
        advice = then or "If the provider has changed, `mockreel drift` says how; update the kit."
        super().__init__(f"{what}: {why}. {advice}")


class CallbackRefused(ClientError):
    """A callback that was not signed with the secret, or that is no callback of this provider."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The callback is not to be trusted: {why}. Answer it with 4xx and do nothing; poll the job.")


class NotOffered(ClientError):
    """The provider has no such thing."""

    def __init__(self, title: str, what: str, then: str) -> None:
        super().__init__(f"{title} documents no {what}. {then}")


class KeyWithheld(ClientError):
    """The key would have gone where it must not."""

    def __init__(self, url: str, hosts: Iterable[str], title: str, why: str) -> None:
        self.url = url
        valid = ", ".join(f"https://{host}" for host in hosts)
        super().__init__(
            f"The key for {title} is not sent to {url.partition('?')[0]!r}: {why}. "
            f"Valid: {valid}, or http://127.0.0.1:PORT for a mock server."
        )


REFUSALS: dict[str, type[Refused]] = {
    "credit": OutOfCredit,
    "key": KeyRefused,
    "forbidden": NotAllowed,
    "missing": NotFound,
    "conflict": Conflict,
    "invalid": Invalid,
    "busy": TooManyRequests,
    "broken": Unavailable,
}
