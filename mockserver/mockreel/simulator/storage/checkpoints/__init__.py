"""Checkpoints of a run: what makes a restart short."""
