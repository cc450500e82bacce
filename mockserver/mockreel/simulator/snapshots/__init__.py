"""Snapshots: everything that has come to be on a simulator as one JSON document, and back.

No key is in it, and no hash of one: listed accounts are found again by their names, the others are given to new keys
in the order of first use. What callbacks are signed with is in it, as what is still to be delivered needs it.
"""

from mockreel.simulator.snapshots.snapshot_restore import (
    ReadSnapshot,
    read_snapshot,
    read_snapshot_lines,
    replace_state,
    restore,
)
from mockreel.simulator.snapshots.snapshot_writer import FORM, take

__all__ = ["FORM", "ReadSnapshot", "read_snapshot", "read_snapshot_lines", "replace_state", "restore", "take"]
