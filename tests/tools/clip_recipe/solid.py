"""A small solid for outputs in three dimensions: a golden star, as binary glTF."""

import json
import math
import struct
from collections.abc import Iterator
from typing import Final

Corner = tuple[float, float, float]

_POINTS: Final = 5
_GOLD: Final = (0.89, 0.45, 0.05, 1.0)


def star() -> bytes:
    """A GLB file: one mesh of flat triangles with their normals, one material."""
    faces = list(_faces())
    corners = [corner for face in faces for corner in face]
    normals = [normal for face in faces for normal in [_normal(face)] * 3]
    binary = b"".join(struct.pack("<3f", *vector) for vector in [*corners, *normals])
    document = json.dumps(_document(corners, len(binary)), separators=(",", ":")).encode()
    chunks = _chunk(b"JSON", document, b" ") + _chunk(b"BIN\0", binary, b"\0")
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _faces() -> Iterator[tuple[Corner, Corner, Corner]]:
    """Rim corners by turns far and near, joined to an apex in front and one behind."""
    rim = [_rim(step) for step in range(2 * _POINTS)]
    for here, there in zip(rim, [*rim[1:], rim[0]], strict=True):
        yield here, there, (0.0, 0.0, 0.25)
        yield there, here, (0.0, 0.0, -0.25)


def _rim(step: int) -> Corner:
    angle, radius = math.pi * step / _POINTS, 0.4 if step % 2 else 1.0
    return radius * -math.sin(angle), radius * math.cos(angle), 0.0


def _normal(face: tuple[Corner, Corner, Corner]) -> Corner:
    one, two, three = face
    a, b = [y - x for x, y in zip(one, two, strict=True)], [y - x for x, y in zip(one, three, strict=True)]
    across = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
    length = math.hypot(*across)
    return across[0] / length, across[1] / length, across[2] / length


def _document(corners: list[Corner], size: int) -> dict[str, object]:
    # Rounded to what the file holds: a validator compares the bounds with the stored numbers.
    stored = [struct.unpack("<3f", struct.pack("<3f", *corner)) for corner in corners]
    low, high = [min(axis) for axis in zip(*stored, strict=True)], [max(axis) for axis in zip(*stored, strict=True)]
    vectors = {"bufferView": 0, "componentType": 5126, "count": len(corners), "type": "VEC3"}
    material = {"baseColorFactor": _GOLD, "metallicFactor": 0.4, "roughnessFactor": 0.5}
    return {
        "asset": {"version": "2.0", "generator": "mockreel"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "mock"}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1}, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": material}],
        "accessors": [vectors | {"min": low, "max": high}, vectors | {"byteOffset": size // 2}],
        "bufferViews": [{"buffer": 0, "byteLength": size, "byteStride": 12, "target": 34962}],
        "buffers": [{"byteLength": size}],
    }


def _chunk(kind: bytes, content: bytes, filling: bytes) -> bytes:
    content += filling * (-len(content) % 4)
    return struct.pack("<I4s", len(content), kind) + content
