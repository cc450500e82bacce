"""What kind of file some bytes are, and whether all of them are there."""

from mockreel.contract.exchanges.exchange import ReceivedResponse

# Kinds by the beginning of the bytes: (offset, bytes, kind).
_BEGINNINGS = (
    (4, b"ftyp", "video"),
    (0, b"\x1aE\xdf\xa3", "video"),
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF8", "image"),
    (8, b"WEBP", "image"),
    (8, b"WAVE", "audio"),
    (0, b"ID3", "audio"),
    (0, b"\xff\xfb", "audio"),
    (0, b"\xff\xf3", "audio"),
    (0, b"OggS", "audio"),
    (0, b"fLaC", "audio"),
)
_SUFFIXES = {
    "mp4": "video", "mov": "video", "webm": "video", "png": "image", "jpg": "image", "jpeg": "image", "webp": "image",
    "gif": "image", "mp3": "audio", "wav": "audio", "flac": "audio", "ogg": "audio",
}  # fmt: skip


def kind_of(data: bytes) -> str | None:
    """`video`, `image` or `audio` by the bytes themselves; None for anything else."""
    return next((kind for at, start, kind in _BEGINNINGS if data[at : at + len(start)] == start), None)


def media_kind(text: str) -> str | None:
    """The kind that a media type, a suffix or a plain word names; None for anything else."""
    plain = text.lower().partition("/")[0].strip(". ")
    return plain if plain in ("video", "image", "audio") else _SUFFIXES.get(plain)


def what_is_missing(response: ReceivedResponse) -> str:
    """Why a fetched file is incomplete; empty if it is not known to be."""
    length = response.headers.get("content-length", "")
    packed = "content-encoding" in response.headers
    if length.isdecimal() and not packed and int(length) != len(response.body):
        return f"{len(response.body)} of {length} bytes"
    if response.body[4:8] == b"ftyp":
        return _boxes(response.body)
    if response.body.startswith(b"\x89PNG") and b"IEND" not in response.body[-16:]:
        return "the PNG has no end"
    return ""


def _boxes(data: bytes) -> str:
    """What an MP4 lacks: complete boxes, and the one with the index."""
    place, names = 0, []
    while place + 8 <= len(data):
        length, name = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if length == 1:
            length = int.from_bytes(data[place + 8 : place + 16], "big")
        names.append(name)
        place = len(data) if length == 0 else place + max(length, 8)
    if place != len(data):
        return f"its last box ends at {place}, the file at {len(data)}"
    return "" if b"moov" in names else "it has no box `moov`"
