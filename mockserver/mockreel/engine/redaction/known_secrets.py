"""Secrets that a process holds itself, as its reports show them: whole in any form, or cut off where a text ends."""

from collections.abc import Iterable

from mockreel.engine.redaction.fingerprints import MASK, Fingerprints
from mockreel.engine.redaction.secret_detection import is_key
from mockreel.engine.redaction.secret_encodings import encoded_forms, in_base64, readings

# A shorter beginning of a secret is no part of it that anybody could use.
_LEAST = 8


class KnownSecrets:
    """The keys and secrets of one run. A short word is none of them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        keys = [one for one in secrets if is_key(one)]
        self._prints = Fingerprints(keys)
        texts = {text for key in keys for text in readings(key)}
        forms = {form for text in texts for form in (*encoded_forms(text), *in_base64(text))}
        self._forms = tuple({form.decode("utf-8", "replace") for form in forms})

    def masked(self, text: str) -> str:
        """A text without them; one that was shortened may end in the middle of one."""
        masked = self._prints.masked_text(text)
        bare = masked.rstrip(MASK)
        begun = max((_begun(form, bare) for form in self._forms), default=0)
        return f"{bare[:-begun]}{MASK}" if begun else masked


def _begun(form: str, text: str) -> int:
    """How many of the last characters of a text are the beginning of a form."""
    head, end = form[:_LEAST], text[-len(form) :]
    at = end.find(head)
    while at >= 0:
        if form.startswith(end[at:]):
            return len(end) - at
        at = end.find(head, at + 1)
    return 0
