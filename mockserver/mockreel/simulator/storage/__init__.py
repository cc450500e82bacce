"""Where a run is kept: an ordered log of what changed a simulator, from which its state can be made again."""
