"""Logs for the entries of a run: in memory, in a SQLite file, in a folder."""
