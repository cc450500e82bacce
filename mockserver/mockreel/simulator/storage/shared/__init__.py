"""One run on several servers: an ordered log that all of them apply."""
