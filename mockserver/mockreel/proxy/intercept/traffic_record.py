"""What came by on the way to the providers, and what was not let out."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Passage:
    """Connections to providers, hosts that were refused, handshakes that the program broke off.

    Args:
        told: called with a sentence the first time that a host is refused, or does not trust us.
    """

    told: Callable[[str], None]
    arrived: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    distrusted: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)

    def refuse(self, host: str, why: str) -> None:
        """Count a call that was not let out, and tell the first one to each host."""
        self.refused[host] += 1
        if self.refused[host] == 1:
            self.told(why)

    def distrust(self, host: str) -> None:
        """Count a connection that ended in its handshake, and tell the first one to each host."""
        self.distrusted[host] += 1
        if self.distrusted[host] == 1:
            self.told(
                f"{host} was not called: the program does not trust this run's certificate, and ended the connection "
                "before anything was sent. It pins authorities of its own and reads none of SSL_CERT_FILE, "
                "REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and NODE_EXTRA_CA_CERTS; set its base URL instead."
            )
