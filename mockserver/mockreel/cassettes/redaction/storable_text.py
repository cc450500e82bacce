"""Texts that may be stored: a word unchanged, a sentence with everything replaced that looks like a secret."""

import re
from collections.abc import Callable, Iterable

from mockreel.cassettes.redaction.placeholders import FILES, Placeholders
from mockreel.cassettes.redaction.secret_patterns import EMAIL, URL, UUID, Secrets
from mockreel.cassettes.redaction.vocabulary import WORD

MOST_WORD = 80
MOST_AMOUNT = 5
_AMOUNT = re.compile(r"[0-9]{1,4}[A-Za-z]{0,2}")
_WORD = re.compile(r"[A-Za-z0-9/+-][A-Za-z0-9_.:/+?*,()-]*")
# What a word is made of: letters, few digits, `v3`, `720p`. An id has letters and digits mixed.
_PIECE = re.compile(r"[A-Za-z]{1,40}|[0-9]{1,6}|[A-Za-z]{1,2}[0-9]{1,3}|[0-9]{1,4}[A-Za-z]{1,2}")
_PLACEHOLDER = re.compile(
    rf"{re.escape(FILES)}/\d+[\w.]*|person-\d+@example\.com|placeholder(?:[ -][a-z]+[ -])?\d+"
    r"|00000000-0000-[0-9a-f]000-8000-\d{12}"
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_NAME = re.compile(r"[A-Za-z_$][\w$-]{0,63}", re.ASCII)
# A machine's name or address. Two labels are no host here: events are called `run.completed`.
_HOST = re.compile(
    r"(?<![\w.-])(?:(?:[A-Za-z0-9-]+\.){2,}[A-Za-z]{2,}|\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){4,7})(?![\w-])"
)
_ID = re.compile(rf"{UUID.pattern}|(?<!\d)(?<!\d\.)\d{{9,}}(?!\.?\d)")


class TextRedactor:
    """Redacts texts, and remembers what it replaced.

    Args:
        vocabulary: the provider's words, in lower case.
    """

    def __init__(self, secrets: Secrets, placeholders: Placeholders, vocabulary: Iterable[str] = ()) -> None:
        self._secrets = secrets
        self._placeholders = placeholders
        self._words = set(vocabulary)

    def learn(self, text: str) -> None:
        """Allow the words of a text that was sent in responses."""
        self._words |= {word.lower() for word in WORD.findall(text)}

    def is_date(self, value: str) -> bool:
        return bool(_DATE.fullmatch(value))

    def is_word(self, value: str) -> bool:
        """Whether a text reads like a word of the provider's: a status, a code, an amount."""
        return len(value) <= MOST_WORD and bool(_WORD.fullmatch(value)) and self._is_plain(value)

    def is_name(self, value: str) -> bool:
        """Whether a text may be the name of a field."""
        return bool(_NAME.fullmatch(value)) and self._is_plain(value)

    def _is_plain(self, value: str) -> bool:
        """Whether a text is made of words, and of nothing that names or opens something."""
        pieces = WORD.findall(value)
        plain = all(piece.lower() in self._words or _PIECE.fullmatch(piece) for piece in pieces)
        return plain and self.is_clean(value)

    def is_clean(self, value: str) -> bool:
        """Whether nothing in a text looks as if it named or opened something."""
        return (
            not any(one.search(value) for one in (_ID, _HOST))
            and not self._secrets.find(value)
            and self._placeholders.replace_in(value) == value
        )

    def text(self, value: str) -> str:
        """A sentence without secrets, addresses, persons and ids."""
        value = self._placeholders.replace_in(value)
        value = URL.sub(lambda one: self._address(one[0]), value)
        value = EMAIL.sub(lambda one: self._placeholders.of(one[0].replace("%40", "@"), "person"), value)
        value = _around(value, lambda part: _HOST.sub(lambda one: self._placeholders.of(one[0], "host"), part))
        return _around(value, self._without_secrets)

    def sentence(self, value: str) -> str:
        """A sentence of the provider's: words outside its vocabulary are replaced, too."""
        return _around(self.text(value), lambda part: WORD.sub(self._word, part))

    def _without_secrets(self, value: str) -> str:
        for _ in range(len(value)):
            found = next((one for one in self._secrets.find(value) if one.end > one.start), None)
            if found is None:
                break
            placeholder = self._placeholders.of(value[found.start : found.end], "secret")
            value = value[: found.start] + placeholder + value[found.end :]
        return _ID.sub(lambda one: self._placeholders.of(one[0], "id"), value)

    def _word(self, found: "re.Match[str]") -> str:
        word = found[0]
        known = word.lower() in self._words or (len(word) <= MOST_AMOUNT and _AMOUNT.fullmatch(word))
        return word if known else self._placeholders.of(word, "word")

    def _address(self, url: str) -> str:
        tail = url[len(url.rstrip(".,;:!?")) :]
        return self._placeholders.address(url.removesuffix(tail) if tail else url) + tail


def _around(value: str, clean: Callable[[str], str]) -> str:
    """A text whose parts between placeholders are cleaned."""
    parts, at = list[str](), 0
    for match in _PLACEHOLDER.finditer(value):
        parts += [clean(value[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*parts, clean(value[at:])])
