"""Storage of a run: an ordered log of what changed a simulator, from which its state can be rebuilt."""
