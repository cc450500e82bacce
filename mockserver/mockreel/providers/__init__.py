"""One small package per provider: how its responses are built, which data cannot express."""
