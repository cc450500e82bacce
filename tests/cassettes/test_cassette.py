"""Reading a cassette: what it holds, where it comes from, and a sentence for each way in which it cannot be used."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockreel.cassettes import (
    CassetteUnreadable,
    CassetteVersion,
    NoProvenance,
    RecordingError,
    UnknownProvider,
    cassettes_of,
    read_cassette,
)

METADATA: dict[str, Any] = {
    "origin": "published",
    "provider": "runflow",
    "title": "A poll.",
    "recorded": "2026-03",
    "source": ["runs"],
    "contract": "0.1.0",
    "reading": {"cancel-spelling": "cancelled"},
    "filled": [{"at": "/interactions/0/request/headers", "why": "the source shows no request"}],
    "expect": {"state": "pending"},
    "callbacks": [{"url": "https://example.com/told", "headers": {"X-A": ["1", "2"]}, "body": '{"a": 1}', "at": 3}],
}
EXCHANGE: dict[str, Any] = {
    "request": {"method": "GET", "uri": "https://api.runflow.io/v1/runs/1", "body": None, "headers": {"A": ["b", "c"]}},
    "response": {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": "application/json"},
        "body": {"string": '{"id": "ü"}'},
    },
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A cassette's file, whose parts a test may change."""

    def written(about: Any = METADATA, exchange: Any = EXCHANGE, **parts: Any) -> Path:
        path = tmp_path / "one.yaml"
        whole = {"version": 1, "interactions": [exchange], "metadata": {"mockreel": about}, **parts}
        path.write_text(yaml.safe_dump({key: value for key, value in whole.items() if value != "gone"}), "utf-8")
        return path

    return written


def test_a_cassette_is_read_with_all_that_it_says_of_itself(write: Write) -> None:
    """Origin, date, source, contract, reading, what was filled in, what is expected, callbacks."""
    cassette = read_cassette(write())

    assert (cassette.origin, cassette.provider, cassette.recorded) == ("published", "runflow", "2026-03")
    assert (cassette.source, cassette.contract, cassette.reading) == (
        ("runs",),
        "0.1.0",
        {"cancel-spelling": "cancelled"},
    )
    assert [(one.at, one.why) for one in cassette.filled] == [
        ("/interactions/0/request/headers", "the source shows no request")
    ]
    assert cassette.expect == {"state": "pending"}
    (reported,) = cassette.callbacks
    assert (reported.url, reported.body, reported.at, reported.method) == (
        "https://example.com/told",
        b'{"a": 1}',
        "3",
        "POST",
    )
    assert reported.headers == (("X-A", "1"), ("X-A", "2"))


def test_an_exchange_is_read_as_it_was_written(write: Write) -> None:
    """Bodies are bytes, headers may come twice, their names are found whatever their case."""
    (exchange,) = read_cassette(write()).exchanges

    assert (exchange.method, exchange.uri, exchange.body) == ("GET", "https://api.runflow.io/v1/runs/1", b"")
    assert exchange.headers == (("A", "b"), ("A", "c"))
    assert (exchange.status, exchange.reply) == (200, '{"id": "ü"}'.encode())
    assert exchange.reply_header("content-type") == "application/json"
    assert exchange.request_header("nothing") is None


def test_bytes_that_are_no_text_are_read_as_they_are(write: Write) -> None:
    """vcrpy writes them as `!!binary`."""
    reply = {**EXCHANGE["response"], "body": {"string": b"\xff\x00"}}

    assert read_cassette(write(exchange={**EXCHANGE, "response": reply})).exchanges[0].reply == b"\xff\x00"


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in METADATA.items() if key != name}


@pytest.mark.parametrize(
    ("parts", "kind", "text"),
    [
        ({"version": 2}, CassetteVersion, r"is of version 2; known is version 1 .*Migrate"),
        ({"version": "gone"}, CassetteVersion, "states no version"),
        ({"interactions": "gone"}, CassetteUnreadable, "no list of `interactions`"),
        ({"interactions": [{"request": {}}]}, CassetteUnreadable, "interactions/0 is no exchange .*'response'"),
        ({"interactions": ["a"]}, CassetteUnreadable, "interactions/0 is no exchange"),
        ({"metadata": "gone"}, NoProvenance, "there is no metadata/mockreel.*origin, provider"),
        ({"about": without("origin")}, NoProvenance, "origin"),
        ({"about": {**METADATA, "origin": "stand-in"}}, NoProvenance, "metadata/mockreel/origin"),
        ({"about": {**METADATA, "source": []}}, NoProvenance, "metadata/mockreel/source"),
        ({"about": {**METADATA, "recorded": "lately"}}, NoProvenance, "metadata/mockreel/recorded"),
        ({"about": {**METADATA, "more": 1}}, NoProvenance, "more"),
        ({"about": {**METADATA, "filled": [{"at": "/a"}]}}, NoProvenance, "metadata/mockreel/filled/0"),
        (
            {"about": {**METADATA, "provider": "nobody"}},
            UnknownProvider,
            "'nobody'.*Held: aimlapi, runflow.*--data DIR",
        ),
    ],
)
def test_what_cannot_be_used_is_reported_in_a_sentence(
    write: Write, parts: Any, kind: type[RecordingError], text: str
) -> None:
    """With the file, what is wrong with it, what would be right, and what to do."""
    with pytest.raises(kind, match=text) as raised:
        read_cassette(write(**parts))

    assert "one.yaml" in str(raised.value)


@pytest.mark.parametrize("text", ["", "a: [", "- 1", "\x00", "!!python/object:os.system {}"])
def test_a_file_that_is_no_cassette_is_an_error_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    """It never passes for an empty one."""
    path = tmp_path / "broken.yaml"
    path.write_text(text)

    with pytest.raises(CassetteUnreadable, match=r"broken\.yaml cannot be read"):
        read_cassette(path)
    assert path.read_text() == text


def test_a_missing_cassette_is_an_error(tmp_path: Path) -> None:
    """With the system's reason."""
    with pytest.raises(CassetteUnreadable, match="No such file"):
        read_cassette(tmp_path / "gone.yaml")


def test_the_cassettes_of_a_provider_are_found_the_live_ones_first(tmp_path: Path) -> None:
    """However deep, and only YAML."""
    folder = tmp_path / "contracts/a/cassettes"
    for name in ("published/b.yaml", "published/deep/a.yaml", "live/z.yaml", "live/README.md", "other/x.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()

    found = [path.relative_to(folder).as_posix() for path in cassettes_of("a", tmp_path)]
    assert found == ["live/z.yaml", "published/b.yaml", "published/deep/a.yaml"]
    assert cassettes_of("b", tmp_path) == []
