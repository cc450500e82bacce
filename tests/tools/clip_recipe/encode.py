"""Turn canvases and samples into files, with PyAV."""

import struct
import tempfile
import wave
import zlib
from array import array
from collections.abc import Iterable, Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Final, cast

import av

from tools.clip_recipe.canvas import Canvas
from tools.clip_recipe.card import PALETTE

FRAMES: Final = 24
SAMPLES: Final = 48_000

# One thread, and one quantizer instead of a rate control, so that the same pictures give the same bytes.  On flat
# pictures the slower presets spend their effort on noise: `veryfast` without B-frames was the smallest that was tried.
_X264: Final = "threads=1:keyint=1000:scenecut=0:bframes=0:ipratio=1.4:psy=0:aq-mode=0:mbtree=0:trellis=0"
_COLOUR: Final = 36
_BT709: Final = ":colorprim=bt709:transfer=bt709:colormatrix=bt709"


def mp4(canvases: Iterable[Canvas], samples: "array[float]", *, width: int, height: int, quantizer: int) -> bytes:
    """A clip with sound, H.264 and AAC, its index before its data."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        # To a file: PyAV cannot move the index forward in memory.
        with av.open(str(path), "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as output:
            # Flat colours drift sooner than edges do: colour is never coarser than that of the small pictures.
            colour = f":chroma-qp-offset={min(0, _COLOUR - quantizer)}"
            options = {"preset": "veryfast", "qp": str(quantizer), "x264-params": _X264 + _BT709 + colour}
            video = output.add_stream("libx264", rate=FRAMES, options=options)
            video.width, video.height, video.pix_fmt = width, height, "yuv420p"
            audio = output.add_stream("aac", rate=SAMPLES, layout="stereo")
            audio.bit_rate = 16_000
            pictures = _pictures(canvases, width=width, height=height, pixels="yuv420p")
            packets = [packet for frame in [*pictures, None] for packet in video.encode(frame)]
            packets += [packet for part in [*_parts(samples), None] for packet in audio.encode(part)]
            for packet in packets:
                output.mux(packet)
        return path.read_bytes()


def picture(canvas: Canvas, *, codec: str, pixels: str, width: int, height: int, options: dict[str, str]) -> bytes:
    """One still picture by an image codec."""
    (frame,) = _pictures([canvas], width=width, height=height, pixels=pixels)
    encoder = cast(av.VideoCodecContext, av.CodecContext.create(codec, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pixels
    encoder.time_base, encoder.options = Fraction(1, FRAMES), options
    if pixels == "yuvj420p":
        frame.color_range = encoder.color_range = 2
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def png(canvas: Canvas) -> bytes:
    """A PNG of half the canvas's size: each pixel is the mean of four, and few enough differ for a palette."""
    colours: dict[tuple[int, ...], int] = {}
    rows = bytearray()
    for row in range(0, canvas.height, 2):
        upper, lower = (canvas.row(number) for number in (row, row + 1))
        four = zip(upper[::2], upper[1::2], lower[::2], lower[1::2], strict=True)
        rows += b"\0" + bytes(colours.setdefault(tuple(sorted(mixed)), len(colours)) for mixed in four)
    palette = b"".join(_mean([PALETTE[number] for number in mixed]) for mixed in colours)
    header = struct.pack(">IIBBBBB", canvas.width // 2, canvas.height // 2, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def mp3(samples: "array[float]", rate: int) -> bytes:
    target = BytesIO()
    with av.open(target, "w", format="mp3", options={"fflags": "+bitexact"}) as output:
        # The smallest of the variable rates: what lies between two bells is silence.
        options = {"global_quality": str(9 * 118), "flags": "+qscale"}
        audio = output.add_stream("libmp3lame", rate=rate, layout="mono", options=options)
        audio.format = "fltp"
        for part in [*_parts(samples, rate=rate, channels=1, size=1152), None]:
            output.mux(audio.encode(part))
    return target.getvalue()


def wav(samples: "array[float]", rate: int) -> bytes:
    target = BytesIO()
    with wave.open(target, "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(rate)
        output.writeframes(struct.pack(f"<{len(samples)}h", *(round(sample * 32767) for sample in samples)))
    return target.getvalue()


def _pictures(canvases: Iterable[Canvas], *, width: int, height: int, pixels: str) -> Iterator[av.VideoFrame]:
    palette = b"".join(struct.pack("=I", 0xFF000000 | colour) for colour in PALETTE).ljust(1024, b"\0")
    for number, canvas in enumerate(canvases):
        frame = av.VideoFrame(canvas.width, canvas.height, "pal8")
        frame.planes[0].update(_padded(canvas, frame.planes[0].line_size))
        frame.planes[1].update(palette)
        matrix = "ITU601" if pixels == "yuvj420p" else "ITU709"  # JPEG files are read with the older one
        scaled = frame.reformat(width, height, pixels, dst_colorspace=matrix, interpolation="AREA")
        scaled.pts, scaled.time_base = number, Fraction(1, FRAMES)
        yield scaled


def _mean(colours: list[int]) -> bytes:
    return bytes(round(sum(colour >> shift & 255 for colour in colours) / len(colours)) for shift in (16, 8, 0))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), name) + data + struct.pack(">I", zlib.crc32(name + data))


def _padded(canvas: Canvas, line: int) -> bytes:
    if line == canvas.width:
        return bytes(canvas.pixels)
    return b"".join(canvas.row(number).ljust(line, b"\0") for number in range(canvas.height))


def _parts(
    samples: "array[float]", *, rate: int = SAMPLES, channels: int = 2, size: int = 1024
) -> Iterator[av.AudioFrame]:
    for at in range(0, len(samples), size):
        part = samples[at : at + size]
        frame = av.AudioFrame("fltp", "stereo" if channels == 2 else "mono", len(part))
        for plane in frame.planes:
            plane.update(part.tobytes().ljust(plane.buffer_size, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        yield frame
