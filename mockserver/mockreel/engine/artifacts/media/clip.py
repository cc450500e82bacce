"""A request for a clip, and the file that is chosen for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """A wish, in the words of the wire; what is None does not matter.

    Args:
        kind: `video`, `image`, `audio`, `3d` or `text`.
        seconds: the length of a video or of audio.
        resolution: `720p`, `1080P`, `4K`, `1280x720`, `auto`.
        aspect: `16:9`, `9:16`, `auto`.
        sound: whether a video has sound.
        format: the file format: `mp4`, `png`, `jpeg`, `webp`, `mp3`, `wav`, `glb`.
    """

    kind: str
    seconds: float | None = None
    resolution: str | None = None
    aspect: str | None = None
    sound: bool | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A real file for a request; `difference` names it if it does not match exactly."""

    name: str
    kind: str
    mime: str
    suffix: str
    width: int | None
    height: int | None
    seconds: float | None
    sound: bool
    exact: bool
    difference: str
    file: str
