"""Recording without internet: the providers' names lead to an imitation on this machine, over TLS that is verified."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cassettes.imitation import FILE_HOST, KEYS, Imitation, imitating
from cassettes.rig import VARIABLES, Imitate, Record
from click.testing import CliRunner, Result

from mockreel.cli import group
from mockreel.contract import load_contract
from mockreel.proxy.intercept.certificate_authority import Authority, authority


@pytest.fixture(scope="session")
def trusted() -> Iterator[Authority]:
    """An authority for the names of all providers."""
    names = {host for name in ("runflow", "aimlapi", "runninghub") for host in load_contract(name).hosts}
    with authority([*names, FILE_HOST], {}) as made:
        yield made


@pytest.fixture
def imitate(trusted: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Imitate]:
    """Imitate a provider: `imitate("runflow", polls=3)`. Connections to port 443 of any name lead here."""
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.bundle))
    monkeypatch.setenv("NO_PROXY", "*")
    connect = socket.create_connection
    with ExitStack() as stack:

        def imitated(provider: str, **settings: Any) -> Imitation:
            hosts = load_contract(provider).hosts
            made = stack.enter_context(imitating(Imitation(provider, hosts, **settings), trusted.context))

            def led(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
                if address[1] == 443:
                    assert address[0] in (*hosts, FILE_HOST), f"{address[0]} was asked"
                    address = ("127.0.0.1", made.port)
                return connect(address, *args, **options)

            monkeypatch.setattr(socket, "create_connection", led)
            return made

        yield imitated


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    """The command with a key, into a folder of the test's."""

    def run(provider: str, *options: str, key: str | None = None, answer: str | None = None) -> Result:
        monkeypatch.setenv(VARIABLES[provider], key or KEYS[provider])
        agreed = () if answer is not None else ("--yes", "--max-spend", "5", "--assume-price", "0.5")
        words = ["record", provider, "--out", str(tmp_path / "out"), "--poll", "0.01", *agreed, *options]
        return CliRunner().invoke(group, words, input=answer)

    return run
