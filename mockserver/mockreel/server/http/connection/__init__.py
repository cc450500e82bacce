"""One connection: what it reads, how much of it, and how it ends."""
