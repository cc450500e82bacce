"""The callback of a job, as it comes in: a receiver on this machine behind a public address of the user's."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from mockreel.cassettes.cassette import InboundCallback
from mockreel.contract import Contract
from mockreel.server.webhook_receiver import Receiver, Server
from mockreel.webhooks import Targets
from mockreel.webhooks.recognition import ReceivedWebhook, Recogniser

_EXACT = 15  # digits that survive in any parser of JSON


@dataclass(slots=True)
class Inbound:
    """The received webhooks. Anyone with the public URL may send; only those about the job are stored."""

    url: str
    _received: list[tuple[str, InboundCallback]] = field(default_factory=list)
    _more: threading.Condition = field(default_factory=threading.Condition)

    def receive(self, subject: str, headers: Mapping[str, str], body: bytes) -> None:
        with self._more:
            self._received.append((subject, InboundCallback(self.url, tuple(headers.items()), body)))
            self._more.notify_all()

    def of(self, job: str, *, within: float) -> list[InboundCallback]:
        """The webhooks about a job; waits until there is one."""
        with self._more:
            self._more.wait_for(lambda: self._about(job), timeout=within)
            return self._about(job)

    def _about(self, job: str) -> list[InboundCallback]:
        return [one for subject, one in self._received if _is_same(subject, job)]


def _is_same(subject: str, job: str) -> bool:
    """Whether a webhook is about a job; a number of 19 digits may have lost its last ones on the way."""
    if subject == job:
        return True
    long = subject.isdecimal() and job.isdecimal() and len(subject) == len(job) > _EXACT
    return long and subject[:_EXACT] == job[:_EXACT]


class _Noting(Recogniser):
    """Keeps the bytes of each callback that it recognises."""

    def __init__(self, contract: Contract, inbound: Inbound) -> None:
        super().__init__([contract])
        self._inbound = inbound

    def recognise(self, headers: Mapping[str, str], body: bytes) -> ReceivedWebhook:
        received = super().recognise(headers, body)
        if not received.rejection:
            self._inbound.receive(received.subject, headers, body)
        return received


@contextmanager
def receiving(contract: Contract, url: str, *, port: int) -> Iterator[Inbound]:
    """A receiver on a port of this machine, to which `url` forwards, until the block ends."""
    inbound, ready = Inbound(url), threading.Event()
    receiver = Receiver(_Noting(contract, inbound), Targets(), lambda taken: None)
    server = Server(receiver, port=port, ready=lambda own: ready.set())
    thread = threading.Thread(target=server.listen, daemon=True)
    thread.start()
    try:
        ready.wait(10)
        yield inbound
    finally:
        server.should_exit = True
        thread.join(10)
