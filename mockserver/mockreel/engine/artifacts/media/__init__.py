"""Real files for what a job made: choose the nearest, stamp it, serve it in parts.

Importing this reads no file; the packed clips are in `clips/`, made by `_make`, which is not imported here.
"""

from mockreel.engine.artifacts.media.byte_ranges import Ranged, byte_range, etag_of, ranged
from mockreel.engine.artifacts.media.clip import Clip, ClipRequest
from mockreel.engine.artifacts.media.clip_boxes import content
from mockreel.engine.artifacts.media.clip_choice import pick

__all__ = ["Clip", "ClipRequest", "Ranged", "byte_range", "content", "etag_of", "pick", "ranged"]
