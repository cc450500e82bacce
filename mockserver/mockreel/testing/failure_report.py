"""The report of a failed test: its failed assertions, and the requests, responses and webhooks."""

from collections.abc import Iterator

from mockreel.engine.journal.journal import AttemptEntry, Entry
from mockreel.server.mock_server import MockServer
from mockreel.terminal import harmless

# The most requests and webhook attempts to show, newest last.
MOST_SHOWN = 30


def sections(server: MockServer) -> list[tuple[str, str]]:
    """Titles and texts for a pytest report, without empty sections."""
    claims = "\n\n".join(harmless_lines(verdict.message) for verdict in server.unmet)
    found = [("mockreel: what was expected of the journal", claims), ("mockreel: journal", "\n".join(_journal(server)))]
    return [(title, text) for title, text in found if text]


def harmless_lines(text: str) -> str:
    """A text of several lines without terminal control characters."""
    return "\n".join(harmless(line) for line in text.splitlines())


def _journal(server: MockServer) -> Iterator[str]:
    requests, attempts = [*server.journal.numbered()], [*server.journal.attempts()]
    if len(requests) > MOST_SHOWN:
        yield f"The newest {MOST_SHOWN} of {len(requests)} requests:"
    for number, entry in requests[-MOST_SHOWN:]:
        yield from map(harmless, _request(number, entry))
    for attempt in attempts[-MOST_SHOWN:]:
        yield harmless(_attempt(attempt))


def _request(number: int, entry: Entry) -> Iterator[str]:
    error = f" {entry.row}" if entry.row else ""
    fault = f" (fault {entry.fault})" if entry.fault else ""
    name = entry.operation or "no operation"
    request = f"#{number} {entry.provider} {entry.method} {entry.path} [{name}]"
    yield f"{request}: {entry.status or 'no response'}{error}{fault}"
    yield from (f"     {one.pointer or 'the body'}: {one.message}" for one in entry.violations)


def _attempt(attempt: AttemptEntry) -> str:
    outcome = attempt.error or attempt.status
    forged = " (forged)" if attempt.forged else ""
    return f"webhook {attempt.event or attempt.kind}{forged} to {attempt.url}, attempt {attempt.number}: {outcome}"
