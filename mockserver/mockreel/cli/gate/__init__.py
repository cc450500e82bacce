"""Commands for gates."""
