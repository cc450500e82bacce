"""Files that a client uploads: limited in number and size, stored in memory, and served unchanged."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Upload:
    """An announced file; `data` is None until it has been sent. `size` and `mime` are as announced."""

    id: str
    mime: str
    size: int | None = None
    expires: float | None = None
    data: bytes | None = None


class Uploads:
    """The uploads of one provider; the oldest are forgotten beyond `limit` bytes or `most` files."""

    def __init__(self, *, limit: int = 256 * 1024 * 1024, most: int = 10_000) -> None:
        self._uploads: dict[str, Upload] = {}
        self._limit = limit
        self._most = most
        self._held = 0

    def __iter__(self) -> Iterator[Upload]:
        return iter(self._uploads.values())

    def announce(self, upload: Upload) -> None:
        """Take note of a file that will come (or has come, where `data` is there)."""
        before = self._uploads.pop(upload.id, None)
        self._uploads[upload.id] = upload
        self._held += len(upload.data or b"") - len(before.data or b"" if before else b"")
        self._forget()

    def get(self, id: str) -> Upload | None:  # noqa: A002
        return self._uploads.get(id)

    def store(self, id: str, data: bytes) -> bool:  # noqa: A002
        """Keep the bytes of an announced file; whether it was announced."""
        upload = self._uploads.get(id)
        if upload is None:
            return False
        self._held += len(data) - len(upload.data or b"")
        upload.data = data
        self._forget()
        return True

    def _forget(self) -> None:
        while len(self._uploads) > 1 and (self._held > self._limit or len(self._uploads) > self._most):
            oldest = self._uploads.pop(next(iter(self._uploads)))
            self._held -= len(oldest.data or b"")
