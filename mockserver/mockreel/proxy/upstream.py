"""Where requests are forwarded to: the provider's own API host, or the address that the user gave."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx2

from mockreel.contract import Contract
from mockreel.engine.redaction.transport_reason import transport_reason
from mockreel.errors import OptionError
from mockreel.proxy.intercept.host_routes import is_loopback

# Timeouts in seconds; some responses wait for a whole job.
CONNECT_SECONDS = 15.0
RESPONSE_SECONDS = 900.0
MOST_CONNECTIONS = 256


@dataclass(frozen=True, slots=True)
class Upstream:
    """One provider's address.

    Args:
        base: scheme, host and path prefix.
        hosts: the provider's other hosts, which a client's `Host` header may select.
        connects: by host, another address to connect to (`host:port`); TLS still uses the name.
    """

    base: SplitResult
    hosts: tuple[str, ...] = ()
    connects: Mapping[str, str] = field(default_factory=dict)

    def host(self, requested: bytes | None) -> str:
        """The host and port for a request: the requested one if it is the provider's, else the default."""
        name = (requested or b"").decode("latin-1").lower()
        return name if name in self.hosts else self.base.netloc

    def request(
        self, method: str, target: bytes, headers: list[tuple[bytes, bytes]], content: Any, *, host: str
    ) -> httpx2.Request:
        """A request with an unchanged target."""
        extensions: dict[str, Any] = {"target": self.base.path.encode() + target}
        name = urlsplit(f"//{host}").hostname or ""
        if host in self.connects:
            extensions["sni_hostname"] = name
        url = f"{self.base.scheme}://{self.connects.get(host, host)}/"
        with_host = [(b"Host", host.encode()), *headers]
        return httpx2.Request(method, url, headers=with_host, content=content, extensions=extensions)

    @property
    def url(self) -> str:
        return self.base.geturl()


def upstream_of(contract: Contract, url: str | None, connects: Mapping[str, str] | None = None) -> Upstream:
    """The upstream of a provider: its own host, or the given URL.

    Raises:
        OptionError: the URL is invalid, or keys would be sent unencrypted.
    """
    if url is None:
        return Upstream(urlsplit(f"https://{contract.hosts[0]}"), contract.hosts, connects or {})
    valid = [f"https://{contract.hosts[0]}", f"{contract.provider}=https://gateway.example/path"]
    try:
        parts = urlsplit(url.rstrip("/"))
        parts.port  # noqa: B018  (raises for an invalid port)
    except ValueError as problem:
        raise OptionError("--upstream", url, valid, then=f"{problem}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise OptionError("--upstream", _bare(parts), valid, then="Give scheme, host and optionally a path.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise OptionError(
            "--upstream", url, [f"https://{parts.netloc}"], then="Unencrypted, a key is sent to this machine only."
        )
    return Upstream(parts)


def _bare(parts: SplitResult) -> str:
    """An address without the parts that may be secret."""
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else parts.path


def trust(ca: Path | None) -> ssl.SSLContext:
    """A TLS context that trusts the usual authorities and the one that the user gave.

    Raises:
        OptionError: the file has no certificate.
    """
    context = httpx2.create_ssl_context(trust_env=False)
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except (OSError, ssl.SSLError) as problem:
            then = f"It must contain certificates in PEM form ({problem.strerror or problem})."
            raise OptionError("--ca", str(ca), then=then) from None
    return context


def new_client(context: ssl.SSLContext) -> httpx2.AsyncClient:
    """A client that adds no headers, follows no redirects, and ignores proxy variables."""
    limits = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    timeout = httpx2.Timeout(RESPONSE_SECONDS, connect=CONNECT_SECONDS)
    return httpx2.AsyncClient(verify=context, limits=limits, timeout=timeout, trust_env=False, follow_redirects=False)


class NoResponse(Exception):
    """The upstream sent no response. `sent`: the request may have arrived; `late`: a timeout."""

    def __init__(self, why: str, *, sent: bool, late: bool = False) -> None:
        super().__init__(why)
        self.sent = sent
        self.late = late


_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


class Sending:
    """The progress of a request: `whole` once its last byte was written, so that it may have arrived."""

    whole = False

    async def note(self, event: str, _: Mapping[str, Any]) -> None:
        """Called by the HTTP client for each of its steps."""
        self.whole = self.whole or event.endswith("send_request_body.complete")


def no_response(problem: Exception, where: str, *, whole: bool) -> NoResponse:
    """The error of a request as text; the original error, which has the request's headers, is dropped.

    Args:
        whole: the request was sent completely.
    """
    distrust = _distrust(problem)
    if distrust is not None:
        why = f"{where} is not trusted: {distrust}. Name its certificate authority: --ca FILE."
        return NoResponse(why, sent=False)
    reason = transport_reason(problem)
    if isinstance(problem, _NOT_SENT):
        return NoResponse(f"{where} cannot be reached: {reason}. Nothing was sent.", sent=False)
    if not whole:
        return NoResponse(f"{where} did not get the whole request: {reason}. It was not accepted.", sent=False)
    late = isinstance(problem, httpx2.TimeoutException)
    return NoResponse(f"{where} sent no response: {reason}. The request may have arrived.", sent=True, late=late)


def _distrust(problem: BaseException | None) -> str | None:
    """Why a certificate was rejected, or None."""
    while problem is not None:
        if isinstance(problem, ssl.SSLCertVerificationError):
            return problem.verify_message
        problem = problem.__cause__ or problem.__context__
    return None
