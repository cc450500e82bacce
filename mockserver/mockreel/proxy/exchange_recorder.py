"""Record the exchanges for a cassette, which is redacted and checked when it is written at the end."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from mockreel._data import data_root
from mockreel.cassettes.cassette import Exchange
from mockreel.cassettes.cassette import Headers as Texts
from mockreel.cassettes.cassette_errors import FromMockServer, NotRecorded, RecordingError
from mockreel.cassettes.cassette_writer import Store, vcrpy
from mockreel.cassettes.recording_rules import looks_of_all, read_rules
from mockreel.cassettes.redaction.cassette_redactor import CassetteRedactor
from mockreel.cassettes.redaction.final_check import Guard
from mockreel.client.profile_file import read_profile
from mockreel.contract import Contract, load_contract
from mockreel.contract.messages.version_header import VERSION_FIELD, VERSION_HEADER
from mockreel.errors import OptionError
from mockreel.proxy.proxy_exchange import ClientRequest, Headers, Passed
from mockreel.proxy.proxy_report import PrintLine
from mockreel.proxy.proxy_server import Plan
from mockreel.terminal import counted

# Limits of a cassette; later exchanges are forwarded but not recorded.
MOST_EXCHANGES = 1000
MOST_BYTES = 64 * 1024 * 1024


class ExchangeRecorder:
    """Records the exchanges with one provider.

    Args:
        path: the cassette; the file must not exist.
        root: the folder of the contract.
        day: the date of the recording.
        say: called with the reason why recording stops.
    """

    def __init__(self, path: Path, contract: Contract, *, root: Path, day: date, print_line: PrintLine) -> None:
        vcrpy()
        if path.exists():
            raise NotRecorded(f"{path} exists already and is not overwritten. Remove it, or name another file.")
        self.path = path
        self._contract = contract
        self._root = root
        self._day = day
        self._say = print_line
        self._exchanges: list[Exchange] = []
        self._keys: dict[str, str] = {}
        self._size = 0
        self._full = False
        self._problem: RecordingError | None = None

    def keep(self, passed: Passed, keys: Iterable[str]) -> None:
        """Record one exchange; an exchange with a mock server ends the recording."""
        if self._problem is not None or self._full:
            return
        host = f"https://{_text(passed.client_request.headers, b'host') or self._contract.hosts[0]}"
        if any(name == VERSION_FIELD[0] for name, _ in passed.headers):
            self._problem = FromMockServer(host, VERSION_HEADER)
            self._exchanges.clear()
            self._say(str(self._problem))
            return
        body, response_body = passed.client_request.body, passed.streamed.body
        if body is None or response_body is None:
            return
        self._size += len(body) + len(response_body)
        if len(self._exchanges) >= MOST_EXCHANGES or self._size > MOST_BYTES:
            self._full = True
            self._say(f"The recording is full with {self._count}; later ones are not recorded.")
            return
        self._keys.update(dict.fromkeys(keys, "the key"))
        self._exchanges.append(_exchange(passed, self._contract, body, response_body))

    def save(self) -> str:
        """Write the cassette and return a message about it.

        Raises:
            RecordingError: the mock server answered, nothing was recorded, or a secret would remain.
        """
        if self._problem is not None:
            raise self._problem
        if not self._exchanges:
            raise NotRecorded(f"No exchange could be recorded, so {self.path} was not written.")
        name = self._contract.provider
        rules = read_rules(name, root=self._root)
        redactor = CassetteRedactor(self._contract, read_profile(name, root=self._root), rules, known=self._keys)
        store = Store(redactor, Guard(self._keys, looks_of_all(root=self._root)))
        store.write(self.path, self._exchanges, self._metadata())
        return f"{self.path} has {self._count} without secrets. Check it before you share it."

    @property
    def _count(self) -> str:
        return counted(len(self._exchanges), "exchange")

    def _metadata(self) -> dict[str, object]:
        readings = self._contract.readings
        chosen = {name: option for name, option in self._contract.chosen.items() if option != readings[name].default}
        return {
            "origin": "live",
            "provider": self._contract.provider,
            "title": "what passed through the proxy",
            "recorded": self._day.isoformat(),
            "source": [],
            "contract": str(self._contract.document["info"]["version"]),
            "reading": chosen,
        }


def recorder_of(plan: Plan, path: Path, *, day: date, print_line: PrintLine) -> ExchangeRecorder:
    """A recorder for the one provider of a plan.

    Raises:
        OptionError: there are several providers, or the upstream is not the provider itself.
        NotRecorded: the file exists already.
    """
    if len(plan.providers) != 1:
        raise OptionError("--record", str(path), then="A cassette has one provider: --provider NAME.")
    if plan.upstreams:
        raise OptionError("--record", str(path), then="It records only the provider itself. Leave --upstream out.")
    (name,) = plan.providers
    has_contract = plan.data is not None and (plan.data / "contracts" / name).is_dir()
    root = plan.data if has_contract and plan.data is not None else data_root()
    return ExchangeRecorder(
        path, load_contract(name, readings=plan.readings, root=root), root=root, day=day, print_line=print_line
    )


def _exchange(passed: Passed, contract: Contract, body: bytes, response_body: bytes) -> Exchange:
    client_request = passed.client_request
    headers = _texts([(name, value) for name, value in client_request.headers if name != b"host"])
    return Exchange(
        client_request.method,
        _uri(client_request, contract),
        headers,
        body,
        passed.status,
        _texts(passed.headers),
        response_body,
    )


def _uri(client_request: ClientRequest, contract: Contract) -> str:
    """The address at the provider."""
    requested = _text(client_request.headers, b"host")
    host = requested if requested in contract.hosts else contract.hosts[0]
    return f"https://{host}{client_request.path}" + (f"?{client_request.query}" if client_request.query else "")


def _text(headers: Headers, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def _texts(headers: Headers) -> Texts:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
