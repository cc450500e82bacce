"""Saboteurs whose jobs, records and histories are wrong."""
