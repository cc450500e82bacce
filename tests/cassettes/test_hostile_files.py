"""Files from anybody: each ends in bounded time, with what is in it or with a sentence about why not."""

# ruff: noqa: E501  (rows of tables)
import base64
import gzip
import os
import time
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from mockreel.cassettes import CassetteUnreadable, cassette, read_cassette
from mockreel.cassettes.scan.secret_scan import scan
from mockreel.contract.data.data_files import read_user_file

HEAD = "version: 1\ninteractions: []\n"
LONGEST_SECONDS = 10.0


def _levels(first: str, inner: str) -> str:
    names = "abcdefghijkl"
    lines = [f"{name}: &{name} {inner.format(','.join([f'*{before}'] * 9))}" for before, name in pairwise(names)]
    return HEAD + f"a: &a {first}\n" + "\n".join(lines) + "\n"


REFUSED = {
    "aliases of aliases": (_levels("[x, x]", "[{}]"), "aliases make more than"),
    "merges of merges": (_levels("{x: 1}", "{{<<: [{}]}}"), "aliases make more than"),
    "one long text many times": (HEAD + "a: &a " + "x" * 100_000 + "\nb: [" + ",".join(["*a"] * 50_000) + "]\n", "aliases make more than"),
    "a list in itself": (HEAD + "a: &a [*a]\n", "alias in it contains"),
    "a mapping in itself": (HEAD + "a: &a {b: {c: *a}}\n", "alias in it contains"),
    "deep": (HEAD + "a: " + "[" * 400 + "]" * 400 + "\n", "deeper than 100 levels"),
    "very deep": (HEAD + "a: " + "[" * 50_000, "nesting depth"),
    "a number without end": (HEAD + "a: " + "1" * 100_000 + "\n", "4300 digits"),
    "an object of Python": (HEAD + "a: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
    "large": (HEAD + "a: '" + "x" * 17_000_000 + "'\n", "larger than"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("reads", [read_cassette, lambda path: scan([path])], ids=["read", "scan"])
def test_a_hostile_cassette_ends_with_a_sentence(name: str, reads: object, tmp_path: Path) -> None:
    """What it would become is counted before anybody walks through it."""
    content, reason = REFUSED[name]
    path = tmp_path / "one.yaml"
    path.write_text(content, encoding="utf-8")
    begun = time.monotonic()

    with pytest.raises(CassetteUnreadable, match=reason):
        reads(path)  # type: ignore[operator]
    assert time.monotonic() - begun < LONGEST_SECONDS


def test_a_packed_bomb_is_reported_and_not_unpacked(tmp_path: Path) -> None:
    """It cannot be looked into, which is no clean bill."""
    packed = base64.b64encode(gzip.compress(b"\0" * 100_000_000)).decode()
    response = (
        f"{{status: {{code: 200}}, headers: {{Content-Encoding: [gzip]}}, body: {{string: !!binary '{packed}'}}}}"
    )
    request = "{method: GET, uri: 'http://a.test/', headers: {}, body: null}"
    path = tmp_path / "one.yaml"
    path.write_text(f"version: 1\ninteractions:\n- request: {request}\n  response: {response}\n", encoding="utf-8")

    assert [found.what for found in scan([path]).found] == [
        "it cannot be looked into: unpacked from gzip it is larger than 67108864 bytes"
    ]


@pytest.mark.parametrize(
    "piece",
    ["/", "a:", "https://", "<a>", 'name="a"\n', "--a ", "sha256=", "eyJabcdef.", "cookie: ", ";base64,", "1", "a."],
)
def test_a_long_row_of_anything_ends(piece: str, tmp_path: Path) -> None:
    """No pattern walks back over what it has seen."""
    path = tmp_path / "one.txt"
    path.write_text(piece * (200_000 // len(piece)), encoding="utf-8")
    begun = time.process_time()
    scan([path])

    assert time.process_time() - begun < LONGEST_SECONDS


ADDRESSES = (
    "http://[::1",
    "http://x:99999/",
    "http://[v9.x",
    "https://x:port/",
    "http://[1::2::3]/",
    "//[",
    "http://a]b/?c=d",
)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("place", ["uri", "callback"])
def test_an_address_that_cannot_be_taken_apart_is_refused_with_a_sentence(
    address: str, place: str, tmp_path: Path
) -> None:
    """Wherever it stands; a scan looks at the file all the same."""
    uri = address if place == "uri" else "https://a.test/"
    request = f"{{method: GET, uri: '{uri}', headers: {{}}, body: null}}"
    response = "{status: {code: 200}, headers: {}, body: {string: ''}}"
    reported = f"  - {{url: '{address}', headers: {{}}, body: '{{}}'}}\n" if place == "callback" else ""
    path = tmp_path / "one.yaml"
    path.write_text(
        f"version: 1\ninteractions:\n- request: {request}\n  response: {response}\n"
        "metadata:\n mockreel:\n  {origin: live, provider: runflow, title: t, recorded: '2026-01-01', source: [],\n"
        "   contract: x, reading: {}, expect: {},\n"
        f"   callbacks: [{reported.strip().removeprefix('- ')}]}}\n",
        encoding="utf-8",
    )
    scan([path])

    with pytest.raises(CassetteUnreadable, match="is no address"):
        read_cassette(path)


def test_a_pipe_without_an_end_is_refused_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes into it may never close it."""
    monkeypatch.setattr(cassette, "read_user_file", partial(read_user_file, seconds=0.0))
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    try:
        with pytest.raises(CassetteUnreadable, match="it is a pipe that its writers have not closed"):
            read_cassette(pipe)
    finally:
        os.close(writer)
