"""The mock server that the tools act on: one that runs already, or one of their own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockreel.client.admin import ControlClient
from mockreel.contract import Contract, load_contract
from mockreel.errors import OptionError


@dataclass(frozen=True)
class Connection:
    """A mock server and how to speak to it.

    Args:
        control: the client of its control API.
        started: whether it was started for the tools, and ends with them.
        key: a key for every provider; each provider's example key if None.
    """

    control: ControlClient
    started: bool
    key: str | None = field(default=None, repr=False)

    def providers(self) -> Mapping[str, Mapping[str, Any]]:
        """The providers that the server simulates, by name, with title and URL."""
        found: Mapping[str, Mapping[str, Any]] = self.control.about()["providers"]
        return found

    def url(self, provider: str) -> str:
        """The base URL of a provider on this server.

        Raises:
            OptionError: the server does not simulate it.
        """
        known = self.providers()
        if provider not in known:
            raise OptionError("provider", provider, known)
        return known[provider]["url"] or f"{self.control.url}/{provider}"

    def contract(self, provider: str) -> Contract:
        """The contract of a provider, under the readings that the server uses now.

        Raises:
            OptionError: the server does not simulate it.
        """
        self.url(provider)
        chosen = {name: row["chosen"] for name, row in self.control.readings()[provider].items()}
        return load_contract(provider, readings=chosen)

    def key_of(self, provider: str) -> str:
        """A key to use at a provider."""
        return self.key or load_contract(provider).example_key


@contextmanager
def connected(
    *, url: str | None = None, ready_file: str | None = None, token: str | None = None, key: str | None = None
) -> Iterator[Connection]:
    """The server at the address, or one that is started and ends with the block.

    Raises:
        ControlUnreachable: no server answers there.
    """
    if url is None and ready_file is None:
        from mockreel import serving  # noqa: PLC0415  (a server that runs already needs none)

        with serving() as server, ControlClient(server.control.url) as control:
            yield Connection(control, started=True, key=key)
        return
    if url is None:
        found = ControlClient.from_ready_file(Path(str(ready_file)), token=token)
    else:
        found = ControlClient(url, token=token)
    with found as control:
        control.about()
        yield Connection(control, started=False, key=key)
