"""One small package per provider: how its responses are put together, which data cannot say."""
