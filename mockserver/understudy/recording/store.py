"""Write cassettes: through vcrpy, scrubbed, looked through once more, and whole or not at all."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from understudy.errors import DataError, UnderstudyError
from understudy.recording.cassette import (
    KEY,
    Exchange,
    Headers,
    InboundCallback,
    check_metadata,
    read_cassette,
)
from understudy.recording.errors import NoProvenance, NotRecorded, RecordingError
from understudy.recording.guard import Guard, on_the_wire
from understudy.recording.scrub import Scrubber

try:
    import vcr
    from vcr.request import Request
    from vcr.serialize import serialize
except ImportError:  # an extra; whoever records is told
    vcr = None


def vcrpy() -> Any:
    """vcrpy.

    Raises:
        UnderstudyError: it is not installed.
    """
    if vcr is None:
        raise UnderstudyError(
            "Cassettes are recorded with vcrpy, which is not installed. Install it: pip install 'understudy[record]'"
        )
    return vcr
