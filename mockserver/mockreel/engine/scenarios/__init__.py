"""What a request is to meet: the `Prefer` header, and rules."""
