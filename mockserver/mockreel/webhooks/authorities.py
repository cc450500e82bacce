"""The certificate authorities for receivers and checked servers: the usual ones, and those of the user."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

from mockreel.errors import OptionError

# The variable with a bundle for OpenSSL, curl and Python's clients; it is trusted in addition to the usual authorities.
VARIABLE = "SSL_CERT_FILE"


def trust(ca: Path | None, environment: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """The TLS context that verifies certificates.

    Args:
        ca: a further authority, or a self-signed certificate, in PEM form.
        environment: `SSL_CERT_FILE` in it names further ones.

    Raises:
        OptionError: a file has no certificate.
    """
    import httpx2  # noqa: PLC0415  (imported only to send)

    context = httpx2.create_ssl_context(trust_env=False)
    if bundle := environment.get(VARIABLE):
        _load(context, VARIABLE, Path(bundle))
    if ca is not None:
        _load(context, "--ca", ca)
    return context


def check_authority(ca: Path | None) -> None:
    """Check that a file has certificates before it is needed.

    Raises:
        OptionError: it has none.
    """
    if ca is not None:
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "--ca", ca)


def distrust(problem: BaseException | None, whose: str = "the receiver's") -> str:
    """Why a certificate was not trusted, and what to do; empty if the problem is another one."""
    while problem is not None and not isinstance(problem, ssl.SSLCertVerificationError):
        problem = problem.__cause__ or problem.__context__
    if problem is None:
        return ""
    why = problem.verify_message or "it cannot be verified"
    return f"{whose} certificate is not trusted: {why}; name its authority: --ca FILE, or {VARIABLE}"


def _load(context: ssl.SSLContext, option: str, path: Path) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError) as problem:
        then = f"It must have certificates in PEM form ({problem.strerror or problem})."
        raise OptionError(option, str(path), then=then) from None
