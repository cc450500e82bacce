"""What passes by, kept for a cassette: scrubbed and looked through once more when it is written, at the end."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from mockreel._data import data_root
from mockreel.cassettes.cassette import Exchange
from mockreel.cassettes.cassette import Headers as Texts
from mockreel.cassettes.cassette_errors import MockServerRefused, NotRecorded, RecordingError
from mockreel.cassettes.cassette_writer import Store, vcrpy
from mockreel.cassettes.recording_rules import looks_of_all, read_rules
from mockreel.cassettes.redaction.cassette_redactor import CassetteRedactor
from mockreel.cassettes.redaction.final_check import Guard
from mockreel.client.profile_file import read_manner
from mockreel.contract import Contract, load_contract
from mockreel.errors import OptionError
from mockreel.proxy.passed_exchange import Asked, Headers, Passed
from mockreel.proxy.proxy_report import Say
from mockreel.proxy.proxy_server import Plan
from mockreel.server.http.rejection import VERSION_HEADER

# No cassette holds more: what comes later passes, and is not kept.
MOST_EXCHANGES = 1000
MOST_BYTES = 64 * 1024 * 1024


class ExchangeRecorder:
    """Keeps the exchanges with one provider.

    Args:
        path: the cassette, which must not be there yet.
        root: the folder that holds the contract.
        day: the date of the recording.
        say: told why nothing, or nothing more, is kept.
    """

    def __init__(self, path: Path, contract: Contract, *, root: Path, day: date, say: Say) -> None:
        vcrpy()
        if path.exists():
            raise NotRecorded(f"{path} is there already, and is not overwritten. Take it away, or name another file.")
        self.path = path
        self._contract = contract
        self._root = root
        self._day = day
        self._say = say
        self._exchanges: list[Exchange] = []
        self._keys: dict[str, str] = {}
        self._size = 0
        self._full = False
        self._problem: RecordingError | None = None

    def keep(self, passed: Passed, keys: Iterable[str]) -> None:
        """One exchange; one with the mock server ends the recording."""
        if self._problem is not None or self._full:
            return
        host = f"https://{_text(passed.asked.headers, b'host') or self._contract.hosts[0]}"
        if any(name == VERSION_HEADER[0] for name, _ in passed.headers):
            self._problem = MockServerRefused(host, VERSION_HEADER[0].decode())
            self._exchanges.clear()
            self._say(str(self._problem))
            return
        body, reply = passed.asked.body, passed.kept.body
        if body is None or reply is None:
            return
        self._size += len(body) + len(reply)
        if len(self._exchanges) >= MOST_EXCHANGES or self._size > MOST_BYTES:
            self._full = True
            self._say(f"The recording holds {len(self._exchanges)} exchanges and is full; nothing more is kept.")
            return
        self._keys.update(dict.fromkeys(keys, "the key"))
        self._exchanges.append(_exchange(passed, self._contract, body, reply))

    def save(self) -> str:
        """Write the cassette; what to say of it.

        Raises:
            RecordingError: the mock server answered, nothing passed by, or a secret would be left.
        """
        if self._problem is not None:
            raise self._problem
        if not self._exchanges:
            raise NotRecorded(f"Nothing passed by that could be kept, so {self.path} was not written.")
        name = self._contract.provider
        rules = read_rules(name, root=self._root)
        redactor = CassetteRedactor(self._contract, read_manner(name, root=self._root), rules, known=self._keys)
        store = Store(redactor, Guard(self._keys, looks_of_all(root=self._root)))
        store.write(self.path, self._exchanges, self._told())
        return f"{self.path} holds {len(self._exchanges)} exchanges, scrubbed. Look through it before you give it away."

    def _told(self) -> dict[str, object]:
        known = self._contract.readings
        chosen = {name: option for name, option in self._contract.chosen.items() if option != known[name].default}
        return {
            "origin": "live",
            "provider": self._contract.provider,
            "title": "what passed through the proxy",
            "recorded": self._day.isoformat(),
            "source": [],
            "contract": str(self._contract.document["info"]["version"]),
            "reading": chosen,
        }


def recorder_of(plan: Plan, path: Path, *, day: date, say: Say) -> ExchangeRecorder:
    """A recorder for the one provider of a plan.

    Raises:
        OptionError: there are several providers, or what is asked is not the provider itself.
        NotRecorded: the file is there already.
    """
    if len(plan.providers) != 1:
        raise OptionError("--record", str(path), then="A cassette is of one provider: --provider NAME.")
    if plan.upstreams:
        raise OptionError("--record", str(path), then="It records the provider itself, and not what --upstream names.")
    (name,) = plan.providers
    own = plan.data is not None and (plan.data / "contracts" / name).is_dir()
    root = plan.data if own and plan.data is not None else data_root()
    return ExchangeRecorder(path, load_contract(name, readings=plan.readings, root=root), root=root, day=day, say=say)


def _exchange(passed: Passed, contract: Contract, body: bytes, reply: bytes) -> Exchange:
    asked = passed.asked
    headers = _texts([(name, value) for name, value in asked.headers if name != b"host"])
    return Exchange(asked.method, _uri(asked, contract), headers, body, passed.status, _texts(passed.headers), reply)


def _uri(asked: Asked, contract: Contract) -> str:
    """The address as the provider knows it."""
    named = _text(asked.headers, b"host")
    host = named if named in contract.hosts else contract.hosts[0]
    return f"https://{host}{asked.path}" + (f"?{asked.query}" if asked.query else "")


def _text(headers: Headers, name: bytes) -> str:
    return next((value.decode("latin-1") for known, value in headers if known == name), "")


def _texts(headers: Headers) -> Texts:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
