"""One small package per provider: how its replies are put together, which data cannot say."""
