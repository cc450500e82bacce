"""A request that a provider's own document shows, and whether the mock server accepts it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# What a document's example is where the document gives a type alone.
IMAGE, VIDEO, AUDIO = (f"https://example.com/a.{suffix}" for suffix in ("png", "mp4", "mp3"))
TEXT = "A baker opens the oven."

# Sends method, path and body; gives the status and the JSON of the response.
Send = Callable[[str, str, Any], tuple[int, Any]]


@dataclass(frozen=True, kw_only=True)
class DocumentedSample:
    """One request of a document.

    Args:
        document: The file that holds it.
        what: Which of its samples it is.
        misfit: Why it breaks the schema of its own page; empty where it fits.
    """

    document: str
    what: str
    provider: str
    path: str
    body: Any
    misfit: str = ""
    method: str = "POST"

    @property
    def name(self) -> str:
        return f"{self.document}: {self.what}"

    def refusal(self, send: Send) -> str:
        """What the mock server has against it; empty if it accepts it."""
        status, reported = send(self.method, self.path, self.body)
        if status >= 300:
            return f"{status} {reported}"
        # RunningHub refuses in a 200: `errorCode` in V2, `code` in the older routes.
        refused = isinstance(reported, dict) and (reported.get("errorCode") or reported.get("code"))
        return f"{status} {reported}" if refused else ""
