"""Recorded exchanges with a provider: cassettes with an honest origin, without secrets.

from understudy.recording import cassettes_of, read_cassette

for path in cassettes_of("runflow"):
    print(read_cassette(path).title)
"""

from understudy.recording.cassette import (
    Cassette,
    Exchange,
    Filled,
    InboundCallback,
    cassettes_of,
    check_metadata,
    read_cassette,
)
from understudy.recording.errors import (
    CassetteUnreadable,
    CassetteVersion,
    NoProvenance,
    RecordingError,
    UnknownProvider,
)

__all__ = [
    "Cassette",
    "CassetteUnreadable",
    "CassetteVersion",
    "Exchange",
    "Filled",
    "InboundCallback",
    "NoProvenance",
    "RecordingError",
    "UnknownProvider",
    "cassettes_of",
    "check_metadata",
    "read_cassette",
]
