"""Prove or refute that one schema accepts what another does."""
