"""The state of the simulator as a whole: reset, written as a snapshot, restored, and as it was at a moment."""
