"""What applies to a request: the `Prefer` header, and rules."""
