"""Every packed file is real: an independent decoder reads it to its end."""

import json
import struct
import wave
from fractions import Fraction
from io import BytesIO

import av
import pytest

from mockreel.engine.artifacts.media import Clip, ClipRequest, content, pick
from mockreel.engine.artifacts.media.clip_boxes import boxes
from mockreel.engine.artifacts.media.clip_pack import Packed, index

FRAMES = 24
STAMP = b"job-0001"


def packed(kind: str, *suffixes: str) -> list[Packed]:
    return [row for row in index() if row.kind == kind and row.suffix in suffixes]


def clip_of(row: Packed, *, sound: bool = True) -> Clip:
    size = f"{row.width}x{row.height}" if row.sides else None
    clip = pick(ClipRequest(row.kind, row.seconds, size, sound=sound, format=row.suffix))
    assert (clip.file, clip.exact, clip.difference) == (row.file, True, "")
    return clip


@pytest.mark.parametrize("row", packed("video", "mp4"), ids=lambda row: row.file)
def test_a_clip_has_every_frame_and_no_sound_unless_requested(row: Packed) -> None:
    """The silent, stamped form: size, rate, number of frames and length are as requested, with one stream."""
    clip = clip_of(row, sound=False)

    with av.open(BytesIO(content(clip, stamp=STAMP)), "r") as film:
        video = film.streams.video[0]
        video.thread_type = "AUTO"
        frames = [frame.pts or 0 for frame in film.decode(video)]

        assert len(film.streams) == 1
        assert (video.width, video.height) == (clip.width, clip.height)
        assert video.average_rate == FRAMES
        assert frames == sorted(set(frames))
        assert len(frames) == (row.seconds or 0) * FRAMES
        assert abs(Fraction(film.duration or 0, av.time_base) - (row.seconds or 0)) <= Fraction(1, FRAMES)


@pytest.mark.parametrize("row", packed("video", "mp4"), ids=lambda row: row.file)
def test_a_film_has_sound_as_long_as_its_picture(row: Packed) -> None:
    """The sounding, stamped form: stereo at 48 kHz, as long as the film, and not all of it is silence."""
    with av.open(BytesIO(content(clip_of(row), stamp=STAMP)), "r") as film:
        audio = film.streams.audio[0]
        parts = list(film.decode(audio))

        assert [stream.type for stream in film.streams] == ["video", "audio"]
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48_000, 2)
        assert abs(Fraction(sum(part.samples for part in parts), 48_000) - (row.seconds or 0)) < Fraction(1, FRAMES)
        assert any(sum(bytes(part.planes[0])) for part in parts)


@pytest.mark.parametrize("row", packed("video", "mp4"), ids=lambda row: row.file)
def test_a_film_can_start_before_it_is_fetched_whole(row: Packed) -> None:
    """The index of the samples is before the samples."""
    data = content(clip_of(row))
    ((index_start, _, _),) = boxes(data, b"moov", 0, len(data))
    ((data_start, _, _),) = boxes(data, b"mdat", 0, len(data))

    assert index_start < data_start


@pytest.mark.parametrize("row", packed("image", "png", "jpg", "webp"), ids=lambda row: row.file)
def test_a_picture_has_the_size_it_claims(row: Packed) -> None:
    """Each image decodes to one frame, and is not one flat colour."""
    clip = clip_of(row)

    with av.open(BytesIO(content(clip, stamp=STAMP)), "r") as picture:
        (frame,) = picture.decode(video=0)

    assert (frame.width, frame.height) == (clip.width, clip.height)
    assert len(set(bytes(frame.reformat(format="gray").planes[0]))) > 3


@pytest.mark.parametrize("row", packed("audio", "mp3"), ids=lambda row: row.file)
def test_an_mp3_lasts_as_long_as_it_claims(row: Packed) -> None:
    """To within one frame of the format."""
    with av.open(BytesIO(content(clip_of(row))), "r") as audio:
        samples = sum(part.samples for part in audio.decode(audio=0))

    assert abs(samples / 24_000 - (row.seconds or 0)) <= 1152 / 24_000


@pytest.mark.parametrize("row", packed("audio", "wav"), ids=lambda row: row.file)
def test_a_wav_lasts_as_long_as_it_claims(row: Packed) -> None:
    """Read by the standard library."""
    with wave.open(BytesIO(content(clip_of(row)))) as audio:
        assert audio.getnframes() / audio.getframerate() == row.seconds


def test_the_solid_is_binary_gltf() -> None:
    """Header, chunks, views and bounds agree with each other, and every normal has length one."""
    data = content(pick(ClipRequest("3d")))
    magic, version, length = struct.unpack_from("<4sII", data)
    size, kind = struct.unpack_from("<I4s", data, 12)
    document = json.loads(data[20 : 20 + size])
    room, binary = struct.unpack_from("<I4s", data, 20 + size)
    numbers = list(struct.iter_unpack("<3f", data[28 + size :]))
    corners, normals = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]

    assert (magic, version, length, kind, binary) == (b"glTF", 2, len(data), b"JSON", b"BIN\0")
    assert document["buffers"] == [{"byteLength": room}]
    assert [accessor["count"] for accessor in document["accessors"]] == [len(corners), len(normals)]
    assert document["accessors"][0]["min"] == [min(axis) for axis in zip(*corners, strict=True)]
    assert document["accessors"][0]["max"] == [max(axis) for axis in zip(*corners, strict=True)]
    assert all(abs(sum(part * part for part in normal) - 1) < 1e-6 for normal in normals)


def test_the_text_is_text() -> None:
    """A text model returns a line of text."""
    clip = pick(ClipRequest("text"))

    assert content(clip, stamp=STAMP).decode().strip()
    assert clip.mime.startswith("text/plain")
