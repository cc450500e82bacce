"""Count the calls to the providers, and those that were blocked."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class TrafficRecord:
    """Connections to providers, blocked hosts, and TLS handshakes that the program broke off.

    Args:
        report: called with a message the first time that a host is blocked or a handshake fails.
    """

    report: Callable[[str], None]
    arrived: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    distrusted: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)

    def refuse(self, host: str, why: str) -> None:
        """Count a blocked call, and report the first one to each host."""
        self.refused[host] += 1
        if self.refused[host] == 1:
            self.report(why)

    def distrust(self, host: str) -> None:
        """Count a connection that ended in its handshake, and report the first one to each host."""
        self.distrusted[host] += 1
        if self.distrusted[host] == 1:
            self.report(
                f"{host} was not called: the program does not trust this run's certificate and ended the connection "
                "before anything was sent. It pins authorities of its own and reads none of SSL_CERT_FILE, "
                "REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and NODE_EXTRA_CA_CERTS; set its base URL instead."
            )

    def silent(self, host: str) -> None:
        """Count a connection that ended before its first request, and report the first one to a host without any."""
        self.unused[host] += 1
        if self.unused[host] == 1 and not self.arrived[host]:
            self.report(
                f"{host} was not called: the program ended the connection before its first request. If it reports a "
                "certificate error, it pins authorities of its own; set its base URL instead."
            )
