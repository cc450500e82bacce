"""Texts that may be kept: a word as it is, a sentence with everything in it replaced that looks like a secret."""

import re

from understudy.recording.placeholders import Placeholders
from understudy.recording.secrets import EMAIL, URL, UUID, Secrets

MOST_WORD = 80
_WORD = re.compile(r"[A-Za-z0-9/+-][A-Za-z0-9 _.:/+?%*,()=-]*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_NAME = re.compile(r"[A-Za-z_$][\w.$-]{0,63}", re.ASCII)
_ID = re.compile(rf"{UUID.pattern}|(?<![\d.])\d{{9,}}(?![\d.])")


class TextScrub:
    """Judges and cleans texts; what it replaces is remembered."""

    def __init__(self, secrets: Secrets, placeholders: Placeholders) -> None:
        self._secrets = secrets
        self._placeholders = placeholders

    def is_date(self, value: str) -> bool:
        return bool(_DATE.fullmatch(value))

    def is_word(self, value: str) -> bool:
        """Whether a text reads like a word of the provider's: a status, a code, an amount."""
        return len(value) <= MOST_WORD and bool(_WORD.fullmatch(value)) and self.is_clean(value)

    def is_name(self, value: str) -> bool:
        """Whether a text may be the name of a field."""
        return bool(_NAME.fullmatch(value)) and self.is_clean(value)

    def is_clean(self, value: str) -> bool:
        """Whether nothing in a text looks as if it named or opened something."""
        return not self._secrets.found(value) and not _ID.search(value) and self._placeholders.within(value) == value

    def text(self, value: str) -> str:
        """A sentence without secrets, addresses, persons and ids."""
        value = self._placeholders.within(value)
        value = URL.sub(lambda one: self._address(one[0]), value)
        value = EMAIL.sub(lambda one: self._placeholders.of(one[0].replace("%40", "@"), "person"), value)
        for _ in range(len(value)):
            found = [one for one in self._secrets.found(value) if one.end > one.start]
            if not found:
                break
            first = found[0]
            value = (
                value[: first.start]
                + self._placeholders.of(value[first.start : first.end], "secret")
                + value[first.end :]
            )
        return _ID.sub(lambda one: self._placeholders.of(one[0], "id"), value)

    def _address(self, url: str) -> str:
        tail = url[len(url.rstrip(".,;:!?")) :]
        return self._placeholders.address(url.removesuffix(tail) if tail else url) + tail
