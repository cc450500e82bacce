"""TLS: with the user's certificate, or with one that is made for the run and vouched for by a file."""

import contextlib
import os
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mockreel.errors import MissingPackage, OptionError

# Under these names this machine is reached; a made certificate is good for them.
_OWN_NAMES = ("localhost", "127.0.0.1", "::1")
_ANY = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class Tls:
    """What ends TLS; `ca` is the file of the authority that vouches for it, where it was made for the run."""

    context: ssl.SSLContext
    ca: Path | None = None


@contextlib.contextmanager
def encryption(enabled: bool, certificate: Path | None, key: Path | None, *, host: str) -> Iterator[Tls | None]:
    """TLS by the options; None without it.

    Raises:
        OptionError: one of certificate and key is missing, or they cannot be used.
        MissingPackage: trustme is not installed, and a certificate must be made.
    """
    if certificate is not None and key is not None:
        yield own_certificate(certificate, key)
    elif certificate is not None or key is not None:
        missing = "--tls-key" if key is None else "--tls-cert"
        raise OptionError(missing, None, then="A certificate and its key go together: --tls-cert FILE --tls-key FILE.")
    elif enabled:
        with made_certificate(host) as tls:
            yield tls
    else:
        yield None


def own_certificate(certificate: Path, key: Path) -> Tls:
    """TLS with a certificate (its chain may follow in the file) and its key, both in PEM form.

    Raises:
        OptionError: they cannot be read, or do not belong together.
    """
    context = _context()
    for option, path in (("--tls-cert", certificate), ("--tls-key", key)):
        if not os.access(path, os.R_OK) or not path.is_file():
            raise OptionError(option, str(path), then="There is no such file, or it cannot be read.")
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ssl.SSLError) as problem:
        then = f"Both must be in PEM form, belong together and need no password ({problem.strerror or problem})."
        raise OptionError("--tls-cert, --tls-key", f"{certificate}, {key}", then=then) from None
    return Tls(context)


def _no_password() -> str:
    raise ssl.SSLError("the key has a password")


@contextlib.contextmanager
def made_certificate(host: str, names: Iterable[str] = ()) -> Iterator[Tls]:
    """TLS with a certificate generated for this block: for this machine's own names, `host` and `names`.

    The authority's key stays in memory. Its certificate is in a folder that only the user can read, removed after the
    block.

    Raises:
        MissingPackage: trustme is not installed.
    """
    import tempfile  # noqa: PLC0415  (only who makes a certificate needs it)

    authority = trustme("mockreel serve --tls").CA(organization_name="mockreel serve", organization_unit_name="one run")
    context = _context()
    shown = (socket.gethostname(),) if host in _ANY else (host,)
    authority.issue_cert(*dict.fromkeys([*_OWN_NAMES, *shown, *names])).configure_cert(context)
    with tempfile.TemporaryDirectory(prefix="mockreel-tls-") as folder:  # mode 0700
        ca = Path(folder) / "ca.pem"
        ca.write_bytes(authority.cert_pem.bytes())
        yield Tls(context, ca)


# What a client did, by the reason that OpenSSL gives for a handshake that failed.
_HANDSHAKES = MappingProxyType(
    {
        "HTTP_REQUEST": "Plain HTTP was sent to a TLS port: use https://.",
        "HTTPS_PROXY_REQUEST": "CONNECT was sent over plain HTTP; this is not a proxy, and the port uses TLS.",
        "TLSV1_ALERT_UNKNOWN_CA": "A client does not trust the certificate: give it the CA file.",
    }
)


def watch_handshakes(context: ssl.SSLContext, report: Callable[[str], None]) -> None:
    """Report, in words, why handshakes fail: no protocol sees a connection without one."""

    class Watched(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLError as problem:
                reason = _HANDSHAKES.get(problem.reason or "")
                if reason is not None:
                    report(reason)
                raise

    context.sslobject_class = Watched


def trustme(who: str) -> Any:
    """The library that makes certificates.

    Raises:
        MissingPackage: it is not installed.
    """
    try:
        import trustme as found  # noqa: PLC0415  (an extra)
    except ImportError as missing:
        raise MissingPackage(f"{who} makes a temporary certificate with", "trustme", extra="run") from missing
    return found


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    return context
