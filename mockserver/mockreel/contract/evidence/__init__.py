"""The evidence of facts: counts and look-ups."""
