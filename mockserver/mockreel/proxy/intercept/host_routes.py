"""The destination of a call: a provider of the mock server, this machine, an allowed host, or none."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urlsplit

# The proxy variables in lower case; programs read either case.
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy", "ws_proxy", "wss_proxy")


@dataclass(frozen=True, slots=True)
class PreviousProxies:
    """The proxies that were set before the run; calls to outside hosts still use them."""

    proxies: Mapping[str, str] = field(default_factory=dict)
    direct: tuple[str, ...] = ()

    def proxy(self, scheme: str, host: str, port: int) -> SplitResult | None:
        """The proxy for an outside host, or None for a direct call."""
        found = self.proxies.get(scheme) or self.proxies.get("all")
        if not found or any(_is_direct(host, port, name) for name in self.direct):
            return None
        return urlsplit(found if "//" in found else f"http://{found}")


def previous_proxies(environment: Mapping[str, str]) -> PreviousProxies:
    """The proxies in an environment; a variable in lower case takes precedence."""
    found = {
        name.lower(): environment[name]
        for name in sorted(environment)  # capitals first
        if name.lower() in PROXY_VARIABLES and environment[name]
    }
    names = found.pop("no_proxy", "").replace(" ", ",").split(",")
    return PreviousProxies(
        {name.removesuffix("_proxy"): url for name, url in found.items()}, tuple(filter(None, names))
    )


def _is_direct(host: str, port: int, name: str) -> bool:
    bare = name.lower().lstrip("*").lstrip(".")
    return name == "*" or host in (bare, f"{bare}:{port}") or f"{host}:{port}" == bare or host.endswith(f".{bare}")


@dataclass(frozen=True, slots=True)
class Routes:
    """The destinations that the program may call.

    Args:
        providers: by host name, the provider's port on this machine.
        allowed: other hosts; `*` matches anything.
        before: the proxies for allowed hosts.
    """

    providers: Mapping[str, int]
    allowed: tuple[str, ...] = ()
    before: PreviousProxies = field(default_factory=PreviousProxies)

    def is_open(self, host: str) -> bool:
        """Whether a host of no provider may be called: this machine and allowed hosts."""
        return is_loopback(host) or any(fnmatchcase(host, name.lower()) for name in self.allowed)

    def blocked(self, host: str) -> str:
        """The message for a blocked host, with how to allow it."""
        return (
            f"{host} was not called: it is none of the providers' hosts ({', '.join(sorted(self.providers))}). "
            f"Allow it: mockreel run --allow-host {host} -- COMMAND"
        )

    def unencrypted(self, host: str) -> str:
        """The message for a provider's host that is called without TLS."""
        return f"{host} was not called: a key would be sent unencrypted. Use https://{host} on the usual port."


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
