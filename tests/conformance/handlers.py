"""Handlers of webhooks, honest and broken on purpose, and the server that answers as they do."""

import contextlib
import hashlib
import hmac
import json
import ssl
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
class WebhookRequest:
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
Handle = Callable[[WebhookRequest], int | None]


def sign_body(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


def verified(request: WebhookRequest) -> bool:
    return hmac.compare_digest(request.signature.encode(), sign_body(request.body).encode())


def is_webhook(payload: Any) -> bool:
    return isinstance(payload, dict) and set(payload) >= REQUIRED


# -- honest


def careful(request: WebhookRequest) -> int:
    """Verifies, then parses, then accepts."""
    if not verified(request):
        return 401
    return 200 if is_webhook(request.payload) else 422


def tolerant(request: WebhookRequest) -> int:
    """Accepts whatever is signed, as the docs ask for no more."""
    return 200 if verified(request) else 401


def strict(request: WebhookRequest) -> int:
    """Knows every field and every event, and accepts nothing else."""
    if not verified(request):
        return 403
    found = request.payload
    known = is_webhook(found) and set(found) == REQUIRED and found["event"] in EVENTS
    return 204 if known and isinstance(found["metadata"], dict | None) else 400


def closing(request: WebhookRequest) -> int | None:
    """Closes the connection on whatever is not signed."""
    return careful(request) if verified(request) else None


def hiding(request: WebhookRequest) -> int:
    """Answers as if there were nothing here."""
    return careful(request) if verified(request) else 404


def decoding(request: WebhookRequest) -> int:
    """Compares bytes, not digits: capitals are the same to it."""
    try:
        claimed = bytes.fromhex(request.signature)
    except ValueError:
        return 401
    right = hmac.new(SECRET.encode(), request.body, "sha256").digest()
    return (
        careful(WebhookRequest(request.body, {HEADER.lower(): sign_body(request.body)}))
        if hmac.compare_digest(claimed, right)
        else 401
    )


def refusing_replays(request: WebhookRequest) -> int:
    """Accepts nothing that tells of an end long ago."""
    status = careful(request)
    if status != 200:
        return status
    completed_at = datetime.fromisoformat(request.payload["completed_at"])
    age = (datetime.now(tz=UTC) - completed_at).total_seconds()
    return 200 if 0 <= age < MOST_AGE else 400


@dataclass
class Remembering:
    """Handles each job once, and accepts it again without handling it."""

    handled: set[str] = field(default_factory=set)

    def __call__(self, request: WebhookRequest) -> int:
        if (status := careful(request)) == 200:
            self.handled.add(request.payload["run_id"])
        return status


@dataclass
class Looking:
    """Looks its run up among those that it has begun."""

    known: set[str] = field(default_factory=set)

    def __call__(self, request: WebhookRequest) -> int:
        status = careful(request)
        return 404 if status == 200 and request.payload["run_id"] not in self.known else status


def slow(request: WebhookRequest) -> int:
    """Takes a while, and is in time."""
    time.sleep(0.15)
    return careful(request)


# -- broken


def trusting(request: WebhookRequest) -> int:
    """Verifies nothing."""
    return 200 if is_webhook(request.payload) else 422


def comparing(slices: Callable[[str], str]) -> Handle:
    """Compares a part of the digits."""

    def handle(request: WebhookRequest) -> int:
        if not request.signature or slices(request.signature) != slices(sign_body(request.body)):
            return 401
        return 200 if is_webhook(request.payload) else 422

    return handle


def as_far_as_it_goes(request: WebhookRequest) -> int:
    """Compares as many digits as were sent."""
    right = sign_body(request.body)
    return 200 if request.signature and right.startswith(request.signature) else 401


def lazy_loop(request: WebhookRequest) -> int:
    """Compares pair by pair, and forgets that one may be shorter."""
    pairs = zip(request.signature, sign_body(request.body), strict=False)
    return 200 if all(one == other for one, other in pairs) else 401


def forgetting(wrong: int) -> Handle:
    """Does not look at one of the digits."""
    return comparing(lambda digits: digits[:wrong] + "?" + digits[wrong + 1 :])


def signing_something_else(request: WebhookRequest) -> int:
    """Takes any signature of the right form."""
    return 200 if len(request.signature) == 64 else 401


def if_there_is_one(request: WebhookRequest) -> int:
    """Verifies where something is signed."""
    return 200 if not request.signature or verified(request) else 401


def body_read_again(request: WebhookRequest) -> int:
    """Verifies what it has parsed and written again, as the provider writes it."""
    if not isinstance(request.payload, dict):
        return 422
    written = json.dumps(request.payload, separators=(",", ":"), ensure_ascii=False).encode()
    return 200 if hmac.compare_digest(request.signature.encode(), sign_body(written).encode()) else 401


def two_secrets(request: WebhookRequest) -> int:
    """Has kept the secret of last year."""
    return 200 if request.signature in (sign_body(request.body), sign_body(request.body, FORMER)) else 401


def no_secret_set(request: WebhookRequest) -> int:
    """Its variable is not set, and it goes on with what it has."""
    return 200 if request.signature in (sign_body(request.body), sign_body(request.body, "")) else 401


def plain_hash(request: WebhookRequest) -> int:
    """Takes a hash without a key as well."""
    return 200 if verified(request) or request.signature == hashlib.sha256(request.body).hexdigest() else 401


def json_only(request: WebhookRequest) -> int:
    """Verifies only what says that it is JSON."""
    return 200 if verified(request) or request.headers.get("content-type") != "application/json" else 401


def ends_only(request: WebhookRequest) -> int:
    """Verifies only what tells of success."""
    found = request.payload
    done = isinstance(found, dict) and found.get("event") == "run.completed"
    return 200 if verified(request) or (is_webhook(found) and not done) else 401


def redirecting(_: WebhookRequest) -> int:
    """Sends the provider somewhere else."""
    return 302


def only_success(request: WebhookRequest) -> int:
    """Knows one event."""
    status = careful(request)
    return 400 if status == 200 and request.payload["event"] != "run.completed" else status


def needs_metadata(request: WebhookRequest) -> int:
    """Breaks where nothing was sent along."""
    status = careful(request)
    return 500 if status == 200 and request.payload["metadata"] is None else status


def needs_a_duration(request: WebhookRequest) -> int:
    """Breaks on a null that the schema allows."""
    status = careful(request)
    return 500 if status == 200 and request.payload["duration_ms"] is None else status


@dataclass
class Suspicious:
    """Accepts nothing twice."""

    seen: set[bytes] = field(default_factory=set)

    def __call__(self, request: WebhookRequest) -> int:
        known = request.body in self.seen
        if (status := careful(request)) == 200:
            self.seen.add(request.body)
        return 409 if known else status


@dataclass
class Locking:
    """Writes a job down before it verifies, and then refuses the true webhook."""

    seen: set[str] = field(default_factory=set)

    def __call__(self, request: WebhookRequest) -> int:
        found = request.payload
        id_ = found.get("run_id", "") if isinstance(found, dict) else ""
        known = id_ in self.seen
        self.seen.add(id_)
        if not verified(request):
            return 401
        return 409 if known else 200


@dataclass
class Hasty:
    """Accepts what it has seen before, whoever sends it now."""

    seen: set[str] = field(default_factory=set)

    def __call__(self, request: WebhookRequest) -> int:
        found = request.payload
        id_ = found.get("run_id", "") if isinstance(found, dict) else ""
        if id_ in self.seen:
            return 200
        self.seen.add(id_)
        return careful(request)


@dataclass
class InOrder:
    """Accepts no job that began before the last one."""

    newest: str = ""

    def __call__(self, request: WebhookRequest) -> int:
        status = careful(request)
        if status != 200:
            return status
        earlier = request.payload["created_at"] < self.newest
        self.newest = max(self.newest, request.payload["created_at"])
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
def receiving(
    handle: Handle, *, requests: list[WebhookRequest] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A handler on a free port; what it was sent is put into the list."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            request = WebhookRequest(body, {name.lower(): value for name, value in self.headers.items()})
            if requests is not None:
                requests.append(request)
            status = handle(request)
            if status is None:
                self.close_connection = True
                return
            with contextlib.suppress(OSError):  # whoever asked has given up
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Quiet: a client that does not trust the certificate goes away."""

    server = (ThreadingHTTPServer if tls is None else Server)(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
