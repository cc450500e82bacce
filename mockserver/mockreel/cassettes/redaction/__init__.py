"""Keep secrets out of cassettes, and look for them in files."""
