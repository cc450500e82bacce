"""Which clips the pack holds, and how each is made."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from tools.clip_recipe import card, encode, solid, sound

# The short side, the quantizer (large pictures bear a coarser one), and the lengths per shape.
VIDEOS: Final[Mapping[str, tuple[int, int, Mapping[str, tuple[int, ...]]]]] = {
    "720p": (720, 36, {"16:9": (4, 5, 6, 7, 8, 10), "9:16": (4, 5, 6, 7, 8, 10), "1:1": (5, 10)}),
    "1080p": (1080, 40, {"16:9": (4, 5, 6, 8, 10), "9:16": (4, 5, 6, 8, 10)}),
    "4k": (2160, 44, {"16:9": (4, 6, 8), "9:16": (4, 6, 8)}),
}
# About a million pixels each, in steps of 16.
PICTURES: Final = {
    "1:1": (1024, 1024),
    "2:3": (848, 1264),
    "3:2": (1264, 848),
    "3:4": (896, 1200),
    "4:3": (1200, 896),
    "4:5": (928, 1152),
    "5:4": (1152, 928),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
}
# PNG has every shape, for it costs least.
CODECS: Final[Mapping[str, tuple[str, str, dict[str, str], list[str]]]] = {
    "jpg": ("mjpeg", "yuvj420p", {"qmin": "20", "qmax": "20", "huffman": "optimal"}, ["1:1"]),
    "webp": ("libwebp", "bgra", {"lossless": "1", "compression_level": "6"}, ["1:1", "16:9", "9:16"]),
}
MIMES: Final = {
    "mp4": "video/mp4",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "glb": "model/gltf-binary",
    "txt": "text/plain; charset=utf-8",
}
WORDS: Final = "This is mock output: it stands where a model would write its text.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file to be made."""

    kind: str
    suffix: str
    resolution: str | None = None
    aspect: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: int | None = None

    @property
    def file(self) -> str:
        shape = self.aspect and self.aspect.replace(":", "x")
        seconds = self.seconds and f"{self.seconds}s"
        return "-".join(str(word) for word in (self.kind, self.resolution, shape, seconds) if word) + f".{self.suffix}"


def parts() -> Iterator[Part]:
    yield from _videos()
    yield from _pictures()
    yield from (Part(kind="audio", suffix="mp3", seconds=seconds) for seconds in (5, 10))
    yield Part(kind="audio", suffix="wav", seconds=1)
    yield Part(kind="3d", suffix="glb")
    yield Part(kind="text", suffix="txt")


def make(part: Part) -> bytes:
    match part.kind:
        case "video":
            return _video(part)
        case "image":
            return _picture(part)
        case "audio":
            return _audio(part)
        case "3d":
            return solid.star()
        case _:
            return WORDS.encode()


def write(folder: Path) -> Iterator[tuple[Part, int]]:
    """Make every file and the index; tells each part and its size as it goes."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for part in parts():
        content = make(part)
        (folder / part.file).write_bytes(content)
        rows.append({"file": part.file, "mime": MIMES[part.suffix], **asdict(part), "bytes": len(content)})
        rows[-1]["sha256"] = hashlib.sha256(content).hexdigest()
        yield part, len(content)
    lines = ",\n".join(json.dumps(row) for row in rows)
    (folder / "index.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _videos() -> Iterator[Part]:
    for resolution, (short, _, shapes) in VIDEOS.items():
        for aspect, lengths in shapes.items():
            width, height = _sides(aspect, short)
            size = {"resolution": resolution, "aspect": aspect}
            for seconds in lengths:
                yield Part(kind="video", suffix="mp4", **size, width=width, height=height, seconds=seconds)


def _pictures() -> Iterator[Part]:
    for aspect, (width, height) in PICTURES.items():
        for suffix in ["png", *(suffix for suffix, (*_, aspects) in CODECS.items() if aspect in aspects)]:
            yield Part(kind="image", suffix=suffix, resolution="1k", aspect=aspect, width=width, height=height)


def _sides(aspect: str, short: int) -> tuple[int, int]:
    across, down = (int(side) for side in aspect.split(":"))
    return short * across // min(across, down), short * down // min(across, down)


def _video(part: Part) -> bytes:
    width, height, seconds = part.width or 0, part.height or 0, part.seconds or 0
    _, quantizer, _ = VIDEOS[part.resolution or ""]
    words = f"MOCK · {seconds} S · {width}x{height}"
    canvases = card.moving(card.Card(*_master(width, height), words), seconds, encode.FRAMES)
    samples = sound.bells(seconds, encode.SAMPLES)
    return encode.mp4(canvases, samples, width=width, height=height, quantizer=quantizer)


def _picture(part: Part) -> bytes:
    width, height = part.width or 0, part.height or 0
    words = f"MOCK · {part.suffix.upper()} · {width}x{height}"
    canvas = card.still(card.Card(2 * width, 2 * height, words), part.aspect or "")
    if part.suffix == "png":
        return encode.png(canvas)
    codec, pixels, options, _ = CODECS[part.suffix]
    return encode.picture(canvas, codec=codec, pixels=pixels, width=width, height=height, options=options)


def _audio(part: Part) -> bytes:
    seconds = part.seconds or 0
    if part.suffix == "wav":
        return encode.wav(sound.bells(seconds, 8000), 8000)
    return encode.mp3(sound.bells(seconds, 24_000), 24_000)


def _master(width: int, height: int) -> tuple[int, int]:
    """The canvas from which every size of this shape is scaled down, which smooths the edges."""
    larger = Fraction(card.MASTER, min(width, height))
    return round(width * larger), round(height * larger)
