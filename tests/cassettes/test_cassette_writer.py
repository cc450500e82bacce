"""Writing: through vcrpy, whole or not at all, and never over what is there."""

import builtins
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import vcr
import yaml

from mockreel.cassettes import Cassette, CassetteUnreadable, NoProvenance, read_cassette
from mockreel.cassettes.cassette import Exchange
from mockreel.cassettes.cassette_errors import NotRecorded, SecretLeft
from mockreel.cassettes.cassette_writer import Store, vcrpy
from mockreel.cassettes.recording_rules import read_rules
from mockreel.cassettes.redaction.cassette_redactor import CassetteRedactor
from mockreel.cassettes.redaction.final_check import Guard
from mockreel.client.profile_file import read_profile
from mockreel.contract import load_contract
from mockreel.errors import DataError, MockreelError

KEY = "rf_live_9fQ2xLw7ZpT4mVb1"
METADATA = {
    "origin": "live",
    "provider": "runflow",
    "title": "A poll.",
    "recorded": "2026-11-20",
    "source": [],
    "contract": "0.1.0",
    "reading": {},
}
JSON = (("content-type", "application/json"),)
POLL = Exchange(
    "GET",
    "https://api.runflow.io/v1/runs/01926f3a-7c1e-7d22-9b4e-3f5a6b7c8d9e",
    (("Authorization", f"Bearer {KEY}"),),
    b"",
    200,
    JSON,
    orjson.dumps({"id": "01926f3a-7c1e-7d22-9b4e-3f5a6b7c8d9e", "status_code": "running", "odd": "Ada"}),
)


def store(**parts: Any) -> Store:
    contract = load_contract("runflow")
    known = {KEY: "the key"}
    redactor = CassetteRedactor(contract, read_profile("runflow"), read_rules("runflow"), known=known)
    return Store(redactor, Guard(known, []), **parts)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "one.yaml"


def test_what_is_written_can_be_read_and_says_what_was_left_out(path: Path) -> None:
    """By pointers, without values."""
    store().write(path, [POLL], METADATA)
    cassette = read_cassette(path)

    assert (cassette.origin, cassette.provider, cassette.exchanges[0].status) == ("live", "runflow", 200)
    assert {(one.at, one.why) for one in cassette.filled} >= {
        ("/interactions/0/request/headers", "replaced when it was recorded: authorization"),
        ("/interactions/0/response/body/string", "replaced when it was recorded: /id, /odd"),
    }


def test_vcrpy_itself_reads_it(path: Path) -> None:
    """It is an ordinary cassette."""
    store().write(path, [POLL], METADATA)
    with vcr.use_cassette(str(path), record_mode="none") as cassette:
        assert [request.method for request in cassette.requests] == ["GET"]
        assert cassette.get_metadata("mockreel", None)["origin"] == "live"


def test_a_save_that_would_hold_a_secret_leaves_nothing_behind(path: Path) -> None:
    """Not even a part of a file."""
    with pytest.raises(SecretLeft, match=r"/metadata/mockreel/title: the key"):
        store().write(path, [POLL], {**METADATA, "title": f"With {KEY}."})

    assert not path.parent.exists()


@pytest.mark.parametrize("metadata", [None, {}, {**METADATA, "origin": "stand-in"}])
def test_without_provenance_nothing_is_written(path: Path, metadata: Any) -> None:
    """Who records it states what it is."""
    with pytest.raises(NoProvenance):
        store().write(path, [POLL], metadata)

    assert not path.exists()


def test_what_is_there_is_not_overwritten(path: Path) -> None:
    """Whatever it is."""
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(NotRecorded, match="is there already"):
        store().write(path, [POLL], METADATA)

    assert path.read_text() == "mine"


def test_a_file_is_whole_or_not_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash while it is written leaves no part of it."""
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(DataError, match="disk full"):
        store().write(path, [POLL], METADATA)

    assert list(path.parent.iterdir()) == []


def recording(path: Path, made: Store, mode: str = "new_episodes") -> Any:
    recorder = vcr.VCR(record_mode=mode)
    recorder.register_persister(made)
    return recorder.use_cassette(str(path))


def test_the_metadata_survives_when_vcrpy_saves_again(path: Path) -> None:
    """And so does everything else, byte for byte."""
    store().write(path, [POLL], METADATA)
    before = path.read_bytes()
    with recording(path, store()) as cassette:
        cassette.dirty = True

    assert path.read_bytes() == before


def test_what_was_recorded_before_is_not_mixed_with_new_things(path: Path) -> None:
    """Their placeholders would mean different things."""
    store().write(path, [POLL], METADATA)
    before = path.read_bytes()
    reply = {"status": {"code": 200, "message": ""}, "headers": {}, "body": {"string": b"{}"}}

    def mixed() -> Iterator[None]:
        with recording(path, store()) as cassette:
            cassette.append(vcr.request.Request("GET", "https://api.runflow.io/v1/me", None, {}), reply)
            yield

    with pytest.raises(NotRecorded, match="a new one needs another file"):
        list(mixed())
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["a: [", b"\xff\xfe\x00", "interactions: []\nversion: 1\n"])
def test_a_cassette_that_cannot_be_read_is_an_error_and_never_replaced(path: Path, content: str | bytes) -> None:
    """To vcrpy alone it would be an empty one, to be overwritten."""
    path.parent.mkdir()
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    before = path.read_bytes()
    with pytest.raises((CassetteUnreadable, NoProvenance), match=r"one\.yaml"), recording(path, store()):
        pass

    assert path.read_bytes() == before


def test_polls_that_are_answered_alike_are_counted_and_left_out(path: Path) -> None:
    """The first and the last of them stay; rows of `filled` follow their exchanges."""
    done = Exchange(POLL.method, POLL.uri, (), b"", 200, JSON, POLL.reply.replace(b"running", b"succeeded"))
    store().write(path, [*[POLL] * 5, done], METADATA)
    cassette = read_cassette(path)

    assert [b"running" in one.reply for one in cassette.exchanges] == [True, True, False]
    assert cassette.filled[0].why == "3 polls with the same response as their neighbours were left out"
    assert {one.at.split("/")[2] for one in cassette.filled[1:]} == {"0", "1", "2"}


def test_an_expectation_is_made_of_what_may_be_stored(path: Path) -> None:
    """Its author sees placeholders."""
    seen: list[Cassette] = []

    def stating(cassette: Cassette) -> dict[str, Any]:
        seen.append(cassette)
        return {"expect": {"calls": []}}

    store(stating=stating).write(path, [POLL], METADATA)

    assert KEY not in repr(seen[0].exchanges)
    assert yaml.safe_load(path.read_text())["metadata"]["mockreel"]["expect"] == {"calls": []}


def test_without_vcrpy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recording says what to install."""
    real = builtins.__import__

    def missing(name: str, *args: Any, **options: Any) -> Any:
        if name == "vcr":
            raise ImportError("No module named 'vcr'")
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MockreelError, match=r"vcrpy, which is not installed.*pip install '\.\[record\]'"):
        vcrpy()
