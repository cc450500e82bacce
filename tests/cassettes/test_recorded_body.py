"""Bodies as vcrpy keeps them: packed, unpacked already, cut off, or larger than anybody reads."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest

from mockreel.cassettes import recorded_body
from mockreel.cassettes.recorded_body import unpack

BODY = b'{"id": "one", "text": "' + b"word " * 200 + b'"}'


def _raw_deflate(body: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(body) + machine.flush()


def _zstd(body: bytes) -> bytes:
    return bytes(recorded_body._zstd().compress(body))


PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate without a header": ("deflate", _raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", _zstd),
}


@pytest.mark.parametrize("name", PACKED)
def test_every_coding_is_undone(name: str) -> None:
    """As its header says, whatever the case."""
    coding, pack = PACKED[name]

    assert unpack(pack(BODY), [("Content-Encoding", coding.upper())]).body == BODY


@pytest.mark.parametrize("name", PACKED)
def test_what_is_cut_off_is_reported(name: str) -> None:
    """The body stays as it was recorded, with the reason."""
    coding, pack = PACKED[name]
    cut = pack(BODY)[:-9]
    found = unpack(cut, [("content-encoding", coding)])

    assert found.body == cut
    assert "cut off" in found.trouble


def test_codings_one_upon_another_are_undone() -> None:
    """In the order in which they were applied."""
    packed = brotli.compress(gzip.compress(BODY))

    assert unpack(packed, [("content-encoding", "gzip, br")]).body == BODY


def test_what_a_recorder_unpacked_and_left_the_header_is_text() -> None:
    """Some of vcrpy's stubs do so."""
    assert unpack(BODY, [("content-encoding", "gzip")]) == recorded_body.Unpacked(BODY)


def test_gzip_without_a_header_is_recognised_by_how_it_begins() -> None:
    """A header may have been left out of the recording."""
    assert unpack(gzip.compress(BODY)).body == BODY


def test_an_unknown_coding_is_reported() -> None:
    """With those that are known."""
    assert "packed with 'lzma'; known are gzip" in unpack(b"\xfd7z\x00\x00", [("content-encoding", "lzma")]).trouble


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes that become more than anybody reads."""
    monkeypatch.setattr(recorded_body, "MOST_BYTES", 10_000)
    for name, (coding, pack) in PACKED.items():
        found = unpack(pack(b"\0" * 1_000_000), [("content-encoding", coding)])
        assert "larger than 10000 bytes" in found.trouble, name
