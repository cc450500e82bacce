"""The state of the simulator as a whole: reset, written as a snapshot, put back, and as it was at a moment."""
