"""Handlers of webhooks, honest and broken on purpose, and the server that answers as they do."""

import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "a secret of the test"
FORMER = "the secret before it"
HEADER = "Runflow-Signature"
REQUIRED = {"event", "run_id", "status", "output", "duration_ms", "created_at", "completed_at", "metadata"}
EVENTS = {"run.completed", "run.failed", "run.cancelled", "run.partial_succeeded"}
# So old may a webhook be for a handler that refuses replays.
MOST_AGE = 300.0


@dataclass(frozen=True)
class Got:
    """One request: its body and its headers, names in lower case."""

    body: bytes
    headers: Mapping[str, str]

    @property
    def signature(self) -> str:
        return self.headers.get(HEADER.lower(), "")

    @property
    def payload(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None


# What a handler answers; None closes the connection without a word.
Handle = Callable[[Got], int | None]


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


def verified(got: Got) -> bool:
    return hmac.compare_digest(got.signature.encode(), signed(got.body).encode())


def is_webhook(payload: Any) -> bool:
    return isinstance(payload, dict) and set(payload) >= REQUIRED


# -- honest


def careful(got: Got) -> int:
    """Verifies, then parses, then accepts."""
    if not verified(got):
        return 401
    return 200 if is_webhook(got.payload) else 422


def tolerant(got: Got) -> int:
    """Accepts whatever is signed, as the docs ask for no more."""
    return 200 if verified(got) else 401


def strict(got: Got) -> int:
    """Knows every field and every event, and accepts nothing else."""
    if not verified(got):
        return 403
    found = got.payload
    known = is_webhook(found) and set(found) == REQUIRED and found["event"] in EVENTS
    return 204 if known and isinstance(found["metadata"], dict | None) else 400


def closing(got: Got) -> int | None:
    """Closes the connection on whatever is not signed."""
    return careful(got) if verified(got) else None


def hiding(got: Got) -> int:
    """Answers as if there were nothing here."""
    return careful(got) if verified(got) else 404


def decoding(got: Got) -> int:
    """Compares bytes, not digits: capitals are the same to it."""
    try:
        claimed = bytes.fromhex(got.signature)
    except ValueError:
        return 401
    right = hmac.new(SECRET.encode(), got.body, "sha256").digest()
    return careful(Got(got.body, {HEADER.lower(): signed(got.body)})) if hmac.compare_digest(claimed, right) else 401


def refusing_replays(got: Got) -> int:
    """Accepts nothing that tells of an end long ago."""
    status = careful(got)
    if status != 200:
        return status
    ended = datetime.fromisoformat(got.payload["completed_at"])
    age = (datetime.now(tz=UTC) - ended).total_seconds()
    return 200 if 0 <= age < MOST_AGE else 400


@dataclass
class Remembering:
    """Handles each job once, and accepts it again without handling it."""

    handled: set[str] = field(default_factory=set)

    def __call__(self, got: Got) -> int:
        if (status := careful(got)) == 200:
            self.handled.add(got.payload["run_id"])
        return status


@dataclass
class Looking:
    """Looks its run up among those that it has begun."""

    known: set[str] = field(default_factory=set)

    def __call__(self, got: Got) -> int:
        status = careful(got)
        return 404 if status == 200 and got.payload["run_id"] not in self.known else status


def slow(got: Got) -> int:
    """Takes a while, and is in time."""
    time.sleep(0.15)
    return careful(got)


# -- broken


def trusting(got: Got) -> int:
    """Verifies nothing."""
    return 200 if is_webhook(got.payload) else 422


def comparing(slices: Callable[[str], str]) -> Handle:
    """Compares a part of the digits."""

    def handle(got: Got) -> int:
        if not got.signature or slices(got.signature) != slices(signed(got.body)):
            return 401
        return 200 if is_webhook(got.payload) else 422

    return handle


def as_far_as_it_goes(got: Got) -> int:
    """Compares as many digits as were sent."""
    right = signed(got.body)
    return 200 if got.signature and right.startswith(got.signature) else 401


def lazy_loop(got: Got) -> int:
    """Compares pair by pair, and forgets that one may be shorter."""
    pairs = zip(got.signature, signed(got.body), strict=False)
    return 200 if all(one == other for one, other in pairs) else 401


def forgetting(wrong: int) -> Handle:
    """Does not look at one of the digits."""
    return comparing(lambda digits: digits[:wrong] + "?" + digits[wrong + 1 :])


def signing_something_else(got: Got) -> int:
    """Takes any signature of the right form."""
    return 200 if len(got.signature) == 64 else 401


def if_there_is_one(got: Got) -> int:
    """Verifies where something is signed."""
    return 200 if not got.signature or verified(got) else 401


def body_read_again(got: Got) -> int:
    """Verifies what it has parsed and written again, as the provider writes it."""
    if not isinstance(got.payload, dict):
        return 422
    written = json.dumps(got.payload, separators=(",", ":"), ensure_ascii=False).encode()
    return 200 if hmac.compare_digest(got.signature.encode(), signed(written).encode()) else 401


def two_secrets(got: Got) -> int:
    """Has kept the secret of last year."""
    return 200 if got.signature in (signed(got.body), signed(got.body, FORMER)) else 401


def no_secret_set(got: Got) -> int:
    """Its variable is not set, and it goes on with what it has."""
    return 200 if got.signature in (signed(got.body), signed(got.body, "")) else 401


def plain_hash(got: Got) -> int:
    """Takes a hash without a key as well."""
    return 200 if verified(got) or got.signature == hashlib.sha256(got.body).hexdigest() else 401


def json_only(got: Got) -> int:
    """Verifies only what says that it is JSON."""
    return 200 if verified(got) or got.headers.get("content-type") != "application/json" else 401


def ends_only(got: Got) -> int:
    """Verifies only what tells of success."""
    found = got.payload
    done = isinstance(found, dict) and found.get("event") == "run.completed"
    return 200 if verified(got) or (is_webhook(found) and not done) else 401


def redirecting(_: Got) -> int:
    """Sends the provider somewhere else."""
    return 302


def only_success(got: Got) -> int:
    """Knows one event."""
    status = careful(got)
    return 400 if status == 200 and got.payload["event"] != "run.completed" else status


def needs_metadata(got: Got) -> int:
    """Breaks where nothing was sent along."""
    status = careful(got)
    return 500 if status == 200 and got.payload["metadata"] is None else status


def needs_a_duration(got: Got) -> int:
    """Breaks on a null that the schema allows."""
    status = careful(got)
    return 500 if status == 200 and got.payload["duration_ms"] is None else status


@dataclass
class Suspicious:
    """Accepts nothing twice."""

    seen: set[bytes] = field(default_factory=set)

    def __call__(self, got: Got) -> int:
        known = got.body in self.seen
        if (status := careful(got)) == 200:
            self.seen.add(got.body)
        return 409 if known else status


@dataclass
class Locking:
    """Writes a job down before it verifies, and then refuses the true webhook."""

    seen: set[str] = field(default_factory=set)

    def __call__(self, got: Got) -> int:
        found = got.payload
        id_ = found.get("run_id", "") if isinstance(found, dict) else ""
        known = id_ in self.seen
        self.seen.add(id_)
        if not verified(got):
            return 401
        return 409 if known else 200


@dataclass
class Hasty:
    """Accepts what it has seen before, whoever sends it now."""

    seen: set[str] = field(default_factory=set)

    def __call__(self, got: Got) -> int:
        found = got.payload
        id_ = found.get("run_id", "") if isinstance(found, dict) else ""
        if id_ in self.seen:
            return 200
        self.seen.add(id_)
        return careful(got)


@dataclass
class InOrder:
    """Accepts no job that began before the last one."""

    newest: str = ""

    def __call__(self, got: Got) -> int:
        status = careful(got)
        if status != 200:
            return status
        earlier = got.payload["created_at"] < self.newest
        self.newest = max(self.newest, got.payload["created_at"])
        return 409 if earlier else 200


# Each with the question that tells of it.
BROKEN: Mapping[str, tuple[Callable[[], Handle], str]] = {
    "trusting": (lambda: trusting, "forged"),
    "first-8": (lambda: comparing(lambda digits: digits[:8]), "forged"),
    "last-8": (lambda: comparing(lambda digits: digits[-8:]), "forged"),
    "middle-8": (lambda: comparing(lambda digits: digits[28:36]), "forged"),
    "every-other": (lambda: comparing(lambda digits: digits[1::2]), "forged"),
    "all-but-the-last": (lambda: comparing(lambda digits: digits[:63]), "forged"),
    "all-but-one": (lambda: forgetting(37), "every-digit"),
    "as-far-as-it-goes": (lambda: as_far_as_it_goes, "forged"),
    "lazy-loop": (lambda: lazy_loop, "forged"),
    "any-of-that-form": (lambda: signing_something_else, "forged"),
    "if-there-is-one": (lambda: if_there_is_one, "forged"),
    "written-again": (lambda: body_read_again, "forged"),
    "two-secrets": (lambda: two_secrets, "forged"),
    "no-secret-set": (lambda: no_secret_set, "forged"),
    "plain-hash": (lambda: plain_hash, "forged"),
    "json-only": (lambda: json_only, "forged"),
    "success-only-verified": (lambda: ends_only, "forged"),
    "hasty": (Hasty, "forged"),
    "redirecting": (lambda: redirecting, "valid"),
    "only-success": (lambda: only_success, "valid"),
    "needs-metadata": (lambda: needs_metadata, "valid"),
    "needs-a-duration": (lambda: needs_a_duration, "null-field"),
    "suspicious": (Suspicious, "again"),
    "locking": (Locking, "after-forgery"),
    "in-order": (InOrder, "late"),
}
HONEST: Mapping[str, Callable[[], Handle]] = {
    "careful": lambda: careful,
    "tolerant": lambda: tolerant,
    "strict": lambda: strict,
    "closing": lambda: closing,
    "hiding": lambda: hiding,
    "decoding": lambda: decoding,
    "refusing-replays": lambda: refusing_replays,
    "remembering": Remembering,
    "slow": lambda: slow,
}


@contextmanager
def receiving(handle: Handle, *, heard: list[Got] | None = None) -> Iterator[str]:
    """A handler on a free port; what it was sent is put into the list."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            got = Got(body, {name.lower(): value for name, value in self.headers.items()})
            if heard is not None:
                heard.append(got)
            status = handle(got)
            if status is None:
                self.close_connection = True
                return
            with contextlib.suppress(OSError):  # whoever asked has given up
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
