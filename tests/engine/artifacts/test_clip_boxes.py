"""A stamp makes the bytes unlike any other job's, and the sound goes without a codec."""

import struct
import zlib
from io import BytesIO

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.engine.artifacts.media import ClipRequest, content, pick
from mockreel.engine.artifacts.media.clip_boxes import boxes, silent
from mockreel.engine.artifacts.media.clip_pack import read

FILM = pick(ClipRequest("video", 4, "720p"))
PICTURE = pick(ClipRequest("image"))


@given(st.binary(min_size=1, max_size=200))
def test_a_stamped_film_is_the_film_and_one_more_box(stamp: bytes) -> None:
    """The row of boxes stays whole, and the last is the stamp."""
    plain, stamped = content(FILM), content(FILM, stamp=stamp)
    *_, (start, _, stop) = boxes(stamped, b"free", 0, len(stamped))

    assert stamped.startswith(plain)
    assert (start, stop, stamped[start + 8 :]) == (len(plain), len(stamped), stamp)


@given(st.binary(min_size=1, max_size=200))
def test_a_stamped_picture_has_whole_chunks(stamp: bytes) -> None:
    """Every chunk's check sum holds, the stamp is text, and the end is the end."""
    chunks = dict(chunks_of(content(PICTURE, stamp=stamp)))

    assert chunks[b"tEXt"] == b"Comment\0" + stamp.hex().encode()
    assert list(chunks)[-2:] == [b"tEXt", b"IEND"]


def test_a_stamp_changes_no_pixel() -> None:
    """Decoded, the picture is the same."""
    with (
        av.open(BytesIO(content(PICTURE)), "r") as plain,
        av.open(BytesIO(content(PICTURE, stamp=b"job")), "r") as stamped,
    ):
        before, after = next(plain.decode(video=0)), next(stamped.decode(video=0))

    assert [bytes(plane) for plane in before.planes] == [bytes(plane) for plane in after.planes]


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_other_files_are_left_as_they_are(suffix: str) -> None:
    """They have no place that every reader skips."""
    clip = pick(ClipRequest("image", format=suffix))

    assert content(clip, stamp=b"job") == content(clip)


def test_no_stamp_is_no_box() -> None:
    """Without one, the bytes are those of the file."""
    assert content(FILM) == read(FILM.file)


def test_silence_moves_no_byte() -> None:
    """The name of the second track's box changes, and nothing else; doing it again changes nothing."""
    sounding = content(FILM)
    silenced = silent(sounding)
    before, _, after = sounding.rpartition(b"trak")

    assert silenced == before + b"free" + after
    assert silent(silenced) == silenced


@pytest.mark.parametrize("header", [struct.pack(">I4s", 4, b"moov"), struct.pack(">I4sQ", 1, b"moov", 9)])
def test_a_box_smaller_than_its_header_is_an_error_and_no_endless_loop(header: bytes) -> None:
    """With either length of a header."""
    with pytest.raises(ValueError, match=r"a box b'moov' of . bytes at 0 is smaller than its header"):
        list(boxes(header, b"moov", 0, len(header)))


@pytest.mark.parametrize(
    ("header", "content"), [(struct.pack(">I4s", 0, b"mdat"), 8), (struct.pack(">I4sQ", 1, b"mdat", 20), 16)]
)
def test_a_box_may_end_with_the_file_or_have_a_long_size(header: bytes, content: int) -> None:
    """As files of others have it."""
    data = header + b"film"

    assert list(boxes(data, b"mdat", 0, len(data))) == [(0, content, len(data))]


def chunks_of(png: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], 8
    while at < len(png):
        size, name = struct.unpack_from(">I4s", png, at)
        data, (check,) = png[at + 8 : at + 8 + size], struct.unpack_from(">I", png, at + 8 + size)
        assert check == zlib.crc32(name + data)
        chunks.append((name, data))
        at += 12 + size
    return chunks
