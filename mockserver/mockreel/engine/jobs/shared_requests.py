"""The requests of jobs: equal ones are one object, as most jobs are asked for in the same words."""

from mockreel.contract.messages.message import exact

# So many requests are known again, each of no more bytes than this; then they are counted again.
MOST = 256
LONGEST = 4096


class SharedRequests:
    """Requests in exact bytes."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}

    def of(self, request: bytes) -> bytes:
        """The bytes to keep of a request."""
        found = self._known.get(request)
        if found is None:
            found = exact(request)
            if len(found) <= LONGEST:
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[found] = found
        return found
