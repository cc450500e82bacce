"""The reference client: the same methods for all providers, synchronous and asynchronous, from the contract data.

from mockreel.client import Client

with Client("runflow", key=key) as client:
    outcome = client.run("google/veo3.1/lite", {"prompt": "A paper boat crosses a puddle.", "duration": 6})
    client.download(outcome, "boat.mp4")
"""

from mockreel.client.async_client import AsyncClient
from mockreel.client.client_errors import (
    ClientError,
    Conflict,
    DeadlineExceeded,
    FileRejected,
    Invalid,
    InvalidCallback,
    JobCancelled,
    JobEnded,
    JobFailed,
    KeyRejected,
    KeyWithheld,
    NotAllowed,
    NotFound,
    NotOffered,
    NotReached,
    OutOfCredit,
    Rejected,
    SubmitUncertain,
    TooManyRequests,
    Unavailable,
    UnexpectedResponse,
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
    "Client",
    "ClientError",
    "Conflict",
    "DeadlineExceeded",
    "FileRejected",
    "Invalid",
    "InvalidCallback",
    "Job",
    "JobCancelled",
    "JobEnded",
    "JobFailed",
    "JobFailure",
    "JobOptions",
    "JobRequest",
    "KeyRejected",
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
    "Rejected",
    "Result",
    "SubmitUncertain",
    "TooManyRequests",
    "Unavailable",
    "UnexpectedResponse",
    "Uploaded",
]
