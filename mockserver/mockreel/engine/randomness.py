"""Seeded randomness without state: the same key always gives the same draws, whatever runs beside it."""

from collections.abc import Sequence
from hashlib import blake2b
from struct import unpack_from

_SCALE = 1.0 / (1 << 32)


def digest(seed: int, *key: str | int, size: int = 64) -> bytes:
    """`size` bytes (at most 64) that depend on the seed and every part of the key, and on nothing else."""
    text = "\0".join([str(seed), *map(str, key)])
    return blake2b(text.encode(), digest_size=size).digest()


def uniforms(block: bytes, spans: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """One number from each span, drawn from successive four-byte words of `block`."""
    if len(block) < 4 * len(spans):
        raise ValueError(f"{len(spans)} draws need {4 * len(spans)} bytes, the block has {len(block)}")
    words = unpack_from(f">{len(spans)}I", block)
    return tuple([low + (high - low) * word * _SCALE for (low, high), word in zip(spans, words, strict=True)])


def uuid7(moment: float, block: bytes) -> str:
    """A UUIDv7 (RFC 9562) for a moment in seconds since the epoch and at least ten drawn bytes."""
    milliseconds = int(moment * 1000) & 0xFFFFFFFFFFFF
    low = int.from_bytes(block[:10], "big")
    variant = 0x8000 | low >> 48 & 0x3FFF
    return (
        f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7{low >> 62 & 0xFFF:03x}"
        f"-{variant:04x}-{low & 0xFFFFFFFFFFFF:012x}"
    )


def uuid4(block: bytes) -> str:
    """A UUIDv4 from at least sixteen drawn bytes."""
    value = int.from_bytes(block[:16], "big") & ~(0xF << 76) & ~(0b11 << 62) | 0x4 << 76 | 0b10 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_NANOID = b"useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict" * 4  # by byte; its low six bits count


def nanoid(block: bytes, length: int = 21) -> str:
    """A nanoid: `length` letters of its URL-safe alphabet, from as many drawn bytes."""
    return block[:length].translate(_NANOID).decode()


# The epoch of the first snowflakes (November 2010, in milliseconds), which similar ids share.
_SNOWFLAKE_EPOCH = 1_288_834_974_657


def snowflake(moment: float, block: bytes) -> str:
    """A decimal id that grows with the moment, from three drawn bytes: 19 digits from 2018 to 2080.

    The milliseconds are above 22 drawn bits; with a paused clock, one in four million is a repetition.
    """
    milliseconds = (int(moment * 1000) - _SNOWFLAKE_EPOCH) & 0x1FFFFFFFFFF
    return str(milliseconds << 22 | int.from_bytes(block[:3], "big") & 0x3FFFFF)
