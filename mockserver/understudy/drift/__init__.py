"""Drift: what differs between two versions of facts, whom it breaks, and what proves it."""
