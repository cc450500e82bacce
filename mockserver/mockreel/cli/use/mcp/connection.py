"""The mock server that the tools use: one that is already running, or one of their own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockreel.cli.credential_options import listed_keys, read_credentials
from mockreel.client.admin import ControlClient
from mockreel.contract import Contract, load_contract
from mockreel.engine.accounts.account import KeyEntry
from mockreel.errors import OptionError


@dataclass(frozen=True)
class Connection:
    """A mock server and its keys.

    Args:
        control: the client of its control API.
        started: whether it was started for the tools, and ends with them.
        keys: the keys to use, each for one provider or for all; the example key of a provider without one.
    """

    control: ControlClient
    started: bool
    keys: Sequence[KeyEntry] = field(default=(), repr=False)

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
        own = [entry.key for entry in self.keys if entry.provider == provider]
        shared = [entry.key for entry in self.keys if entry.provider is None]
        return next(iter(own + shared), None) or load_contract(provider).example_key


@contextmanager
def connected(
    *,
    url: str | None = None,
    ready_file: Path | None = None,
    token: str | None = None,
    listed: Sequence[str] = (),
    credentials: Path | None = None,
) -> Iterator[Connection]:
    """The server at the address, or one that is started, accepts any key, and ends with the block.

    Args:
        listed: keys for the examples, as `[PROVIDER=]KEY`.
        credentials: the file of a running server; what is not given otherwise is read from it.

    Raises:
        ControlUnreachable: no server answers there.
        DataError: the file is unreadable, or no credentials file.
    """
    keys: Sequence[KeyEntry] = listed_keys(listed)
    if url is None and ready_file is None:
        from mockreel import serving  # noqa: PLC0415  (a server that runs already needs none)

        with serving() as server, ControlClient(server.control.url) as control:
            yield Connection(control, started=True, keys=keys)
        return
    if credentials is not None and (not keys or token is None):
        stored_keys, stored_token = _stored(credentials)
        keys, token = keys or stored_keys, token or stored_token
    if url is None:
        found = ControlClient.from_ready_file(Path(str(ready_file)), token=token)
    else:
        found = ControlClient(url, token=token)
    with found as control:
        control.about()
        yield Connection(control, started=False, keys=keys)


def _stored(file: Path) -> tuple[Sequence[KeyEntry], str | None]:
    found = read_credentials(file)
    return (found.keys if isinstance(found.keys, tuple) else ()), found.token
