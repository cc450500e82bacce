"""The final check before a cassette is written. It does not rely on redaction: it has what was on the wire."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from mockreel.cassettes.cassette import Exchange, Headers, InboundCallback
from mockreel.cassettes.cassette_errors import SecretLeft
from mockreel.cassettes.redaction.placeholders import LEAST_LENGTH, is_common, is_placeholder
from mockreel.cassettes.redaction.secret_patterns import EMAIL, HARMLESS, URL, UUID, Secrets, is_reserved
from mockreel.cassettes.redaction.text_places import texts_of
from mockreel.contract.data.data_files import parse_yaml

_CREDENTIALS = re.compile(r"authorization|cookie|token|secret|api-?key|signature|password|session", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"(?<!\d)(?<!\d\.)\d{12,}(?!\.?\d)")
_PART = re.compile(r"[^\s;,=\"]+")


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret in a cassette: its description and place, never the secret itself."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


class Guard:
    """Finds what must not be written.

    Args:
        known: secrets, by their descriptions.
        looks: the patterns of the providers' keys.
    """

    def __init__(self, known: Mapping[str, str], looks: Sequence[str]) -> None:
        self._known = dict(known)
        self._looks = looks

    def check(self, path: Path, text: str, replaced: Mapping[str, str], wire: Mapping[str, str]) -> None:
        """Check a cassette as it would be written.

        Args:
            replaced: what redaction has replaced, by its description.
            wire: the result of `on_the_wire`.

        Raises:
            SecretLeft: a secret is still there; the error names its place only.
        """
        texts = list(texts_of(parse_yaml(text, where=path.name)))
        whole = "\n".join(one for _, one in texts)
        plain = {one: what for one, what in {**replaced, **wire}.items() if _is_distinctive(one) and one in whole}
        secrets = Secrets(self._looks, known=self._known, plain=plain)
        leaks = [Leak(place, found[0].what) for place, one in texts if (found := secrets.find(one))]
        squeezed = "".join(text.split())
        leaks += [Leak("somewhere in the file", what) for one, what in self._known.items() if one in squeezed]
        if leaks:
            raise SecretLeft(path, [str(one) for one in dict.fromkeys(leaks)])


def _is_distinctive(text: str) -> bool:
    """Whether a text could not occur by chance."""
    return len(text) >= LEAST_LENGTH and not is_common(text)


def on_the_wire(exchanges: Sequence[Exchange], callbacks: Sequence[InboundCallback] = ()) -> dict[str, str]:
    """What a cassette of these exchanges must not hold, by its form: credentials, addresses' queries, persons, ids."""
    found: dict[str, str] = {}
    for one in exchanges:
        found |= _of_headers(one.headers) | _of_headers(one.reply_headers)
        for text in _texts(one.uri, one.body, one.reply, *(value for _, value in (*one.headers, *one.reply_headers))):
            found |= dict(_of_text(text))
    for call in callbacks:
        found |= _of_headers(call.headers)
        for text in _texts(call.url, call.body, *(value for _, value in call.headers)):
            found |= dict(_of_text(text))
    return {one: what for one, what in found.items() if not HARMLESS.match(one)}


def _texts(*values: str | bytes) -> Iterator[str]:
    for value in values:
        yield from (text for _, text in texts_of(value))


def _of_headers(headers: Headers) -> dict[str, str]:
    """Every part of a header that carries credentials."""
    return {
        part: f"a part of the header {name.lower()}"
        for name, value in headers
        if _CREDENTIALS.search(name)
        for part in _PART.findall(value)
        if len(part) >= 8 or any(map(str.isdigit, part))
    }


def _of_text(text: str) -> Iterator[tuple[str, str]]:
    for match in EMAIL.finditer(text):
        if not is_reserved(match[1]):
            yield match[0], "an e-mail address"
    yield from ((match[0], "an id") for match in UUID.finditer(text))
    yield from ((match[0], "an id") for match in _LONG_NUMBER.finditer(UUID.sub("", text)))
    for match in URL.finditer(text):
        yield from _of_url(match[0])


def _of_url(url: str) -> Iterator[tuple[str, str]]:
    if is_placeholder(url):
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    if parts.password:
        yield parts.password, "a password in an address"
    for _, value in parse_qsl(parts.query):
        if any(map(str.isdigit, value)) or len(value) >= 16:
            yield value, "a value of an address's query"
