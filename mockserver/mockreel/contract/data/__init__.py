"""Contract files: read, and checked into typed rows."""
