"""Recorded exchanges with a provider: cassettes with an honest origin, without secrets.

from mockreel.cassettes import cassettes_of, read_cassette

for path in cassettes_of("runflow"):
    print(read_cassette(path).title)
"""

from mockreel.cassettes.cassette import (
    Cassette,
    Exchange,
    Filled,
    InboundCallback,
    cassettes_of,
    check_metadata,
    read_cassette,
)
from mockreel.cassettes.cassette_errors import (
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
