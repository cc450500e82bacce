"""Where the entries of a run are kept: in memory, in a SQLite file, in a folder."""
