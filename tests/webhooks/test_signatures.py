"""Signing: over the exact bytes, verified in constant time."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.contract.data.webhook_rows import Signature
from mockreel.contract.rows import Evidence
from mockreel.errors import OptionError
from mockreel.webhooks import sign, verify

SIGNATURE = Signature("X-Signature", "hmac-sha256", "hex", Evidence("inferred", ("ours",)))


def test_a_signature_is_the_one_of_the_rfc() -> None:
    """RFC 4231, test case 2."""
    body, key = b"what do ya want for nothing?", "Jefe"

    assert sign(SIGNATURE, key, body) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


@given(st.text(min_size=1), st.binary(), st.integers(0, 7), st.data())
def test_one_changed_bit_is_noticed(secret: str, body: bytes, bit: int, data: st.DataObject) -> None:
    """In the body, in the secret and in the signature."""
    value = sign(SIGNATURE, secret, body)
    at = data.draw(st.integers(0, len(value) - 1))

    assert verify(SIGNATURE, secret, body, value)
    assert not verify(SIGNATURE, secret, body + b"\0", value)
    assert not verify(SIGNATURE, secret + "x", body, value)
    assert not verify(SIGNATURE, secret, body, value[:at] + chr(ord(value[at]) ^ 1 << bit) + value[at + 1 :])


@pytest.mark.parametrize("value", ["", "v1", "v1,abc", "ü", "\ud800", "0" * 64])
def test_what_is_no_signature_does_not_verify(value: str) -> None:
    """And raises nothing."""
    assert not verify(SIGNATURE, "secret", b"body", value)


def test_another_digest_is_named_by_the_contract() -> None:
    """As its row says."""
    signature = Signature("X-Signature", "hmac-sha512", "hex", SIGNATURE.evidence)

    assert sign(signature, "k", b"b") == hmac.new(b"k", b"b", hashlib.sha512).hexdigest()


@pytest.mark.parametrize(
    ("algorithm", "encoding", "says"),
    [
        ("md5", "hex", r"signature algorithm: 'md5' is not valid\. Valid: hmac-sha256, hmac-sha512"),
        ("hmac-sha256", "base64", r"signature encoding: 'base64' is not valid\. Valid: hex"),
    ],
)
def test_an_unknown_algorithm_is_rejected_with_the_known_ones(algorithm: str, encoding: str, says: str) -> None:
    """Rather than being signed wrongly."""
    with pytest.raises(OptionError, match=says):
        sign(Signature("X", algorithm, encoding, SIGNATURE.evidence), "k", b"")
