"""Where a call of the program goes: to a provider here, to this machine, to an allowed host, or nowhere."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urlsplit

# The names of the variables that name proxies, in lower case; programs read either case.
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy", "ws_proxy", "wss_proxy")


@dataclass(frozen=True, slots=True)
class Former:
    """The proxies that were set before the run: what goes outside still takes them."""

    proxies: Mapping[str, str] = field(default_factory=dict)
    direct: tuple[str, ...] = ()

    def proxy(self, scheme: str, host: str, port: int) -> SplitResult | None:
        """The proxy for a host outside, or None where it is called directly."""
        found = self.proxies.get(scheme) or self.proxies.get("all")
        if not found or any(_is_direct(host, port, name) for name in self.direct):
            return None
        return urlsplit(found if "//" in found else f"http://{found}")


def former(environment: Mapping[str, str]) -> Former:
    """The proxies that an environment names; the lower case of a name counts where both are set."""
    found = {
        name.lower(): environment[name]
        for name in sorted(environment)  # capitals first
        if name.lower() in PROXY_VARIABLES and environment[name]
    }
    names = found.pop("no_proxy", "").replace(" ", ",").split(",")
    return Former({name.removesuffix("_proxy"): url for name, url in found.items()}, tuple(filter(None, names)))


def _is_direct(host: str, port: int, name: str) -> bool:
    bare = name.lower().lstrip("*").lstrip(".")
    return name == "*" or host in (bare, f"{bare}:{port}") or f"{host}:{port}" == bare or host.endswith(f".{bare}")


@dataclass(frozen=True, slots=True)
class Routes:
    """Every way out of the program.

    Args:
        providers: by host name, the port of the provider on this machine.
        allowed: further hosts, in which `*` stands for anything.
        before: the proxies through which allowed hosts are reached.
    """

    providers: Mapping[str, int]
    allowed: tuple[str, ...] = ()
    before: Former = field(default_factory=Former)

    def is_open(self, host: str) -> bool:
        """Whether a host that no provider has may be called: this machine, and what was allowed."""
        return is_loopback(host) or any(fnmatchcase(host, name.lower()) for name in self.allowed)

    def refusal(self, host: str) -> str:
        """Why a host is not called, and how to allow it."""
        return (
            f"{host} was not called: it is none of the providers' hosts ({', '.join(sorted(self.providers))}). "
            f"Allow it: mockreel run --allow-host {host} -- COMMAND"
        )

    def unencrypted(self, host: str) -> str:
        """Why a provider's host is not called without TLS."""
        return f"{host} was not called: a key would go there unencrypted. Use https://{host} on the usual port."


def is_loopback(host: str) -> bool:
    """Whether a name or an address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
