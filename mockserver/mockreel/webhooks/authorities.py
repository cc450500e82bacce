"""Whose certificates a receiver of webhooks may show: the usual authorities', and those that the user names."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

from mockreel.errors import OptionError

# Where OpenSSL, curl and Python's clients are told of a bundle; what is in it is trusted beside the usual authorities.
VARIABLE = "SSL_CERT_FILE"


def trust(ca: Path | None, environment: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """What a client verifies certificates with.

    Args:
        ca: a further authority, or a certificate that vouches for itself, in PEM form.
        environment: `SSL_CERT_FILE` in it names more of them.

    Raises:
        OptionError: a file holds no certificate.
    """
    import httpx2  # noqa: PLC0415  (who sends nothing does not pay for its import)

    context = httpx2.create_ssl_context(trust_env=False)
    if named := environment.get(VARIABLE):
        _load(context, VARIABLE, Path(named))
    if ca is not None:
        _load(context, "--ca", ca)
    return context


def check_authority(ca: Path | None) -> None:
    """See that a file holds certificates, before it is needed.

    Raises:
        OptionError: it does not.
    """
    if ca is not None:
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "--ca", ca)


def distrust(problem: BaseException | None) -> str:
    """Why a certificate was not trusted, where that is what went wrong, and what to do; else nothing."""
    while problem is not None and not isinstance(problem, ssl.SSLCertVerificationError):
        problem = problem.__cause__ or problem.__context__
    if problem is None:
        return ""
    why = problem.verify_message or "it cannot be verified"
    return f"the receiver's certificate is not trusted: {why}; name who vouches for it: --ca FILE, or {VARIABLE}"


def _load(context: ssl.SSLContext, option: str, path: Path) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError) as problem:
        then = f"It must hold certificates in PEM form ({problem.strerror or problem})."
        raise OptionError(option, str(path), then=then) from None
