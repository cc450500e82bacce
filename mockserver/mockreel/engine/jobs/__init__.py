"""Jobs and their lifecycle: what becomes of each, and when."""
