"""Saboteurs whose results are wrong."""
