"""Saboteurs that answer requests in the wrong way."""
