"""What looks like a secret, and what only looks a little like one."""

import base64
import secrets as chance

import pytest

from mockreel.cassettes.redaction.secret_patterns import Secrets, disguises, is_random, is_reserved

KEY = "rf_live_9fQ2xLw7ZpT4mVb1"
LOOKS = [r"rf_(?:live|svc)_[A-Za-z0-9_-]{6,}", "(?<![0-9A-Fa-f-])[0-9a-f]{32}(?![0-9A-Fa-f-])"]
FINDER = Secrets(LOOKS, known={"correct horse": "the pass phrase"}, allowed=["99yQK3XQ6vTZyO9_kHzfS"])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"the key is {KEY}", "a key of the provider"),
        ("5e1f0c9b7a3d4826bb90c1d2e3f4a5b6", "a key of the provider"),
        ("Authorization: Bearer abc123def456", "a bearer token"),
        ("Basic%20dXNlcjpwYXNzd29yZA", "a bearer token"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "a JSON web token"),
        ("AKIAQ7R2XWMN4LTPV8ZK", "an access key of a cloud"),
        ("sk-proj-Qm4Tz8Lw2Xk9Rv7P1n", "an API key"),
        ("ghp_Qm4Tz8Lw2Xk9Rv7P1nQm4Tz8", "an API key"),
        ("whsec_Bn5Vq8Xk2Wm7", "a signing secret"),
        ("https://h/x.mp4?X-Amz-Signature=d41a8c", "a signed query parameter"),
        ("https://h/x?Expires=1&OSSAccessKeyId=abc123", "a signed query parameter"),
        ("?token=a1b2", "a signed query parameter"),
        ("https://me:hunter2@h/x", "a name and a password in an address"),
        ("Set-Cookie: sid=abc", "a cookie"),
        ('{"cookie": ["sid=abc"]}', "a cookie"),
        ('"password": "hunter22"', "a secret by its name"),
        ("api_key=hunter22", "a secret by its name"),
        ("ada.byron@analytical-engines.io", "an e-mail address"),
        ("ada%40analytical-engines.io", "an e-mail address"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
        ("x9Kd3Zp6Mw1QsB8vWk2LrT5yNc", "a text that looks drawn at random"),
        ("say correct horse", "the pass phrase"),
        (base64.b64encode(b"xx correct horse battery").decode(), "the pass phrase"),
        (base64.b64encode(b'{"who": "ada@analytical-engines.io"}').decode(), "an e-mail address, in base64"),
        ("say correct%20horse", "the pass phrase"),
    ],
)
def test_what_looks_like_a_secret_is_found_and_named(text: str, what: str) -> None:
    """By its form, by its name, or because it is known; however it is written."""
    assert what in [one.what for one in FINDER.find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Bearer placeholder-key-1",
        "rf_live_mockreel",
        "whsec_REDACTED",
        "https://h/x.mp4?X-Amz-Signature=REDACTED",
        "https://example.com/a.png?size=large",
        "person-1@example.com",
        "user@mail.example.org",
        "01926f3a-7c1e-7d22-9b4e-3f5a6b7c8d9e",
        "https://cdn.dev/a%2F01926f3a-7c1e-7d22-9b4e-3f5a6b7c8d9e%2Fx.mp4",
        "google/veo3.1/fast/image-to-video",
        "rhart-video-v3.1-lite-official/text-to-video",
        "thirdPartyConsumeMoney remainingFreeLimitCount",
        "https://cdn.dev/koala/cSlcOq_yBcuGDvbf9BjGU_output.mp4",
        "generation_id=99yQK3XQ6vTZyO9_kHzfS",
        "00000000000000000000000000000001",
        "2052287938007814145",
        "2026-11-20T10:00:00.123456+00:00",
        "A paper boat crosses a puddle after the rain, seen from the height of a child.",
        "the token is missing; a secret has no price",
    ],
)
def test_what_is_none_is_left_alone(text: str) -> None:
    """Placeholders, examples, ids that are allowed, words, names of files."""
    assert FINDER.find(text) == []


def test_what_is_drawn_is_distinguished_from_what_is_written() -> None:
    """Nearly always: it is a net, and not the scrubbing itself."""
    drawn = [chance.token_urlsafe(24) for _ in range(300)] + [chance.token_hex(24) for _ in range(300)]

    assert sum(map(is_random, drawn)) > 540


@pytest.mark.parametrize("host", ["example.com", "a.example.org", "x.invalid", "Y.TEST", "localhost"])
def test_what_nobody_owns_is_reserved(host: str) -> None:
    """By the standards that set names aside."""
    assert is_reserved(host)
    assert not is_reserved(f"{host}.dev")


@pytest.mark.parametrize("lead", ["", "a", "ab", "abc"])
def test_a_secret_is_known_in_its_disguises(lead: str) -> None:
    """Wherever in a base64 text it begins, in hex, in a URL."""
    secret = "s3cret/with+signs=&more"
    forms = disguises(secret)

    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert any(form in encode(f"{lead}{secret}tail".encode()).decode() for form in forms)
    assert {secret, secret.encode().hex(), "s3cret%2Fwith%2Bsigns%3D%26more"} <= forms
