"""The places of secrets: behind certain words, and in certain parts of a URL.

Which names mean a secret is defined in `names`.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mockreel.engine.redaction.secret_field_names import names_secret, signs_address


class SecretPlace(NamedTuple):
    """One kind of place; the pattern's group `secret` is the value there, its group `name` its name."""

    what: str
    pattern: "re.Pattern[str]"
    named: Callable[[str], bool] | None = None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        for found in self.pattern.finditer(text):
            if self.named is None or self.named(found["name"]):
                yield found.span("secret")


BY_NAME = "a secret by its name"
SECRET_PLACES = (
    SecretPlace(
        "a bearer token",
        re.compile(
            r"(?i)\b(?:bearer|basic)(?:\s|%20|\+)+(?!realm|error|scope|charset)(?P<secret>[A-Za-z0-9._~+/=-]{6,})"
        ),
    ),
    SecretPlace("an encrypted private key", re.compile(r"(?P<secret>-----BEGIN PGP PRIVATE KEY)")),
    SecretPlace(
        "a signed query parameter",
        re.compile(r"[?&;](?P<name>[A-Za-z][\w.-]{0,60})=(?P<secret>[^&#\s\"'<>]+)"),
        signs_address,
    ),
    SecretPlace(
        "a cookie",
        re.compile(r"(?i)\b(?:set-)?cookie2?[\"']?\s*[:=]\s*[\"']?\[?[\"']?(?P<secret>[^\s\"'\],;=]+=[^\s\"'\],;]+)"),
    ),
    SecretPlace(
        BY_NAME,
        re.compile(r"(?<![\w.-])(?P<name>[A-Za-z][\w.-]{1,60})[\"']?\s*[:=]\s*[\"']?(?P<secret>[^\s\"',;&}]{6,})"),
        names_secret,
    ),
)
