"""What tests of several rooms share: callers, servers, readiness, what is skipped where something is not here."""
