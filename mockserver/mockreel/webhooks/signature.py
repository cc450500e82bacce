"""Sign a callback over the exact bytes that are sent, and verify one in constant time."""

import hashlib
import hmac

from mockreel.contract.data.webhook_rows import Signature
from mockreel.errors import OptionError

_DIGESTS = {"hmac-sha256": hashlib.sha256, "hmac-sha512": hashlib.sha512}


def sign(signature: Signature, secret: str, body: bytes) -> str:
    """The value of the signature's header for these bytes; the whole secret is the key.

    Raises:
        OptionError: the contract has an unknown algorithm or encoding.
    """
    if signature.algorithm not in _DIGESTS:
        raise OptionError("signature algorithm", signature.algorithm, _DIGESTS)
    if signature.encoding != "hex":
        raise OptionError("signature encoding", signature.encoding, ["hex"])
    return hmac.new(secret.encode(), body, _DIGESTS[signature.algorithm]).hexdigest()


def verify(signature: Signature, secret: str, body: bytes, value: str) -> bool:
    """Whether a header's value signs these bytes."""
    return hmac.compare_digest(sign(signature, secret, body).encode(), value.encode("utf-8", "replace"))
