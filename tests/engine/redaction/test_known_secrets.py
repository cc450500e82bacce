"""Secrets that a process holds itself: in no form in its reports, not even cut off."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from engine.redaction.planted_secrets import KINDS, generated, written

from mockreel.engine.redaction import MASK, KnownSecrets

SECRETS = dict(generated(31, len(KINDS)))
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "misread": lambda text: text.encode().decode("latin-1"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", SECRETS)
def test_a_held_secret_is_masked_in_every_form(kind: str, form: str) -> None:
    """Within a sentence that a server said."""
    secret = SECRETS[kind]
    shown = KnownSecrets([secret]).masked(f"400 the key {FORMS[form](secret)} is not known")

    assert MASK in shown
    assert not any(one in shown for one in written(secret) | {FORMS[form](secret)})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_that_is_cut_off_is_masked_too(kind: str, form: str) -> None:
    """Wherever the text was shortened, with a mark or without."""
    secret = FORMS[form](SECRETS[kind])
    known = KnownSecrets([SECRETS[kind]])
    for size in range(8, len(secret)):
        for mark in ("", "…"):
            assert secret[:8] not in known.masked(f"400 the key {secret[:size]}{mark}")


@pytest.mark.parametrize("text", ["400 the key is not known", "say: a test of the label", "Zq9", "…", "", "wait…"])
def test_what_is_no_secret_stays(text: str) -> None:
    """With secrets of each kind, and with words that serve as keys."""
    assert KnownSecrets([*SECRETS.values(), "test", "key", "a"]).masked(text) == text
