"""Where the requests go: the provider's own API host, or the address that the user named in its place."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx2

from mockreel.contract import Contract
from mockreel.errors import OptionError
from mockreel.proxy.intercept.host_routes import is_loopback

# A host is connected to within so many seconds; a response may be waited for longer, as some wait for a whole job.
CONNECT_SECONDS = 15.0
REPLY_SECONDS = 900.0
MOST_CONNECTIONS = 256


@dataclass(frozen=True, slots=True)
class Upstream:
    """One provider's address.

    Args:
        base: scheme, host and path before the provider's own.
        hosts: the provider's other hosts, which the client's own `Host` may choose.
        connects: in place of a host's own address, where to connect (`host:port`); the name stays for TLS.
    """

    base: SplitResult
    hosts: tuple[str, ...] = ()
    connects: Mapping[str, str] = field(default_factory=dict)

    def host(self, asked: bytes | None) -> str:
        """The host, with its port, that a request is for: the client's own, where that is one of the provider's."""
        wanted = (asked or b"").decode("latin-1").lower()
        return wanted if wanted in self.hosts else self.base.netloc

    def request(
        self, method: str, target: bytes, headers: list[tuple[bytes, bytes]], content: Any, *, host: str
    ) -> httpx2.Request:
        """A request that is sent as it came: its target is not written again."""
        extensions: dict[str, Any] = {"target": self.base.path.encode() + target}
        name = urlsplit(f"//{host}").hostname or ""
        if host in self.connects:
            extensions["sni_hostname"] = name
        url = f"{self.base.scheme}://{self.connects.get(host, host)}/"
        own = [(b"Host", host.encode()), *headers]
        return httpx2.Request(method, url, headers=own, content=content, extensions=extensions)

    @property
    def shown(self) -> str:
        return self.base.geturl()


def upstream_of(contract: Contract, url: str | None, connects: Mapping[str, str] | None = None) -> Upstream:
    """Where a provider is reached: at its own host, or at the URL that was given.

    Raises:
        OptionError: it is no URL, or keys would travel unencrypted.
    """
    if url is None:
        return Upstream(urlsplit(f"https://{contract.hosts[0]}"), contract.hosts, connects or {})
    valid = [f"https://{contract.hosts[0]}", f"{contract.provider}=https://gateway.example/path"]
    try:
        parts = urlsplit(url.rstrip("/"))
        parts.port  # noqa: B018  (reading it raises for a port that is none)
    except ValueError as problem:
        raise OptionError("--upstream", url, valid, then=f"{problem}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise OptionError("--upstream", _bare(parts), valid, then="Give scheme, host and, if there is one, a path.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise OptionError(
            "--upstream", url, [f"https://{parts.netloc}"], then="Unencrypted, a key is sent to this machine only."
        )
    return Upstream(parts)


def _bare(parts: SplitResult) -> str:
    """An address without what may be a secret in it."""
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else parts.path


def trust(ca: Path | None) -> ssl.SSLContext:
    """Whom to believe: the usual authorities, and the one that the user named.

    Raises:
        OptionError: the file holds no certificate.
    """
    context = httpx2.create_ssl_context(trust_env=False)
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except (OSError, ssl.SSLError) as problem:
            then = f"It must hold certificates in PEM form ({problem.strerror or problem})."
            raise OptionError("--ca", str(ca), then=then) from None
    return context


def new_client(context: ssl.SSLContext) -> httpx2.AsyncClient:
    """A client that adds nothing, follows nothing, and takes no proxy from the environment."""
    limits = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    timeout = httpx2.Timeout(REPLY_SECONDS, connect=CONNECT_SECONDS)
    return httpx2.AsyncClient(verify=context, limits=limits, timeout=timeout, trust_env=False, follow_redirects=False)


class NotAnswered(Exception):
    """The upstream gave no response. `sent`: the request may have arrived; `late`: it only took too long."""

    def __init__(self, why: str, *, sent: bool, late: bool = False) -> None:
        super().__init__(why)
        self.sent = sent
        self.late = late


_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


class Sending:
    """How far a request has come: `whole` once its last byte was handed over, so that it may have arrived."""

    whole = False

    async def note(self, event: str, _: Mapping[str, Any]) -> None:
        """Told by the client below of each of its steps."""
        self.whole = self.whole or event.endswith("send_request_body.complete")


def not_answered(problem: Exception, where: str, *, whole: bool) -> NotAnswered:
    """What went wrong with a request, in a sentence. The error itself knows the request's headers and is not kept.

    Args:
        whole: the request was sent to its end.
    """
    distrust = _distrust(problem)
    if distrust is not None:
        why = f"{where} is not trusted: {distrust}. Name the authority that vouches for it: --ca FILE."
        return NotAnswered(why, sent=False)
    told = str(problem) or type(problem).__name__
    if isinstance(problem, _NOT_SENT):
        return NotAnswered(f"{where} cannot be reached: {told}. Nothing was sent.", sent=False)
    if not whole:
        return NotAnswered(f"{where} did not get the whole request: {told}. It cannot have been accepted.", sent=False)
    late = isinstance(problem, httpx2.TimeoutException)
    return NotAnswered(f"{where} gave no reply: {told}. The request may have arrived.", sent=True, late=late)


def _distrust(problem: BaseException | None) -> str | None:
    """Why a certificate was refused, if one was."""
    while problem is not None:
        if isinstance(problem, ssl.SSLCertVerificationError):
            return problem.verify_message
        problem = problem.__cause__ or problem.__context__
    return None
