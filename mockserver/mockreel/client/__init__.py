"""The reference client: the same methods for all providers, synchronous and asynchronous, from the contract data.

from mockreel.client import Client

with Client("runflow", key=key) as client:
    outcome = client.run("google/veo3.1/lite", {"prompt": "A paper boat crosses a puddle.", "duration": 6})
    client.download(outcome, "boat.mp4")
"""

from mockreel.client.async_client import AsyncClient
from mockreel.client.client_errors import (
    CallbackRefused,
    ClientError,
    Conflict,
    DeadlineExceeded,
    FileRefused,
    Invalid,
    JobCancelled,
    JobEnded,
    JobFailed,
    KeyRefused,
    KeyWithheld,
    NotAllowed,
    NotFound,
    NotOffered,
    NotReached,
    OutOfCredit,
    Refused,
    ReplyNotUnderstood,
    SubmitUncertain,
    TooManyRequests,
    Unavailable,
)
from mockreel.client.sync_client import Client
from mockreel.client.values import (
    Job,
    JobFailure,
    JobOptions,
    JobRequest,
    Money,
    Notice,
    Outcome,
    Progress,
    Result,
    Uploaded,
)

__all__ = [
    "AsyncClient",
    "CallbackRefused",
    "Client",
    "ClientError",
    "Conflict",
    "DeadlineExceeded",
    "FileRefused",
    "Invalid",
    "Job",
    "JobCancelled",
    "JobEnded",
    "JobFailed",
    "JobFailure",
    "JobOptions",
    "JobRequest",
    "KeyRefused",
    "KeyWithheld",
    "Money",
    "NotAllowed",
    "NotFound",
    "NotOffered",
    "NotReached",
    "Notice",
    "OutOfCredit",
    "Outcome",
    "Progress",
    "Refused",
    "ReplyNotUnderstood",
    "Result",
    "SubmitUncertain",
    "TooManyRequests",
    "Unavailable",
    "Uploaded",
]
